"""What people say about leads, and what exports contained of them: it follows the human."""
