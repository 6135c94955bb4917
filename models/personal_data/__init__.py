"""What a human may ask for: to be forgotten, to be told, to be left out."""
