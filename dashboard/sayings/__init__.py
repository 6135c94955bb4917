"""Saying something about leads from a screen: owner, status, notes."""
