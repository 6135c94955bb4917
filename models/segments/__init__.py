"""What people keep to find leads by: segments, lists, and questions that name them."""
