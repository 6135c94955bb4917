"""Leads: everybody who is known."""
