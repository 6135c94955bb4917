"""Who matches what viewers of Live ask for, of the newest leads."""
