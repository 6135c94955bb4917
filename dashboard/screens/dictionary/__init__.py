"""Data dictionary: every field, and where it is seen."""
