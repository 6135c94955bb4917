"""What one event states: pure functions, without a database or a clock."""
