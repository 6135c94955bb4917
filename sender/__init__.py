"""What is sent out: from the outbox to a message, its destination, and the answer."""
