"""What leaves the house: from the outbox to a message, its destination, and what it answered."""
