"""Saying something of leads from a screen: who has them, how far they are, notes."""
