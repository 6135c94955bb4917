"""What people say, kept in tables of its own: it survives a replay and is lost only by `forget`."""
