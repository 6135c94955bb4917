"""Segments: what is kept of filters and lists, and for whom."""
