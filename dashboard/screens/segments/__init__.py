"""Segments: saved filters and lists, and who may use them."""
