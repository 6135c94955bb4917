"""What the screens ask the database: one module a screen, one function a question."""
