"""Rules: whom to tell, when, of whom; where to; and what was sent."""
