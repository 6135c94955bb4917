"""Sessions: every visit."""
