"""What people keep and say: segments, lists, owners, notes; lost only by `forget` or deletion."""
