"""Annotating leads from a screen: owner, status, notes."""
