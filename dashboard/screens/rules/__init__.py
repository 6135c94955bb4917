"""Rules: whom to notify, when, about whom and where; and what was sent."""
