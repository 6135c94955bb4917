"""What Midbound sends: the types of its events, and how bytes become them."""
