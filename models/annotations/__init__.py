"""What people add: segments, lists, owners, notes; lost only through `forget` or deletion."""
