"""What people say: segments, lists, owners, notes; lost only through `forget` or deletion."""
