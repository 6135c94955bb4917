"""What a human may ask for: to be forgotten, to see what is held, to be left out."""
