"""Why somebody is worth calling: what a score is made of, and that in words."""
