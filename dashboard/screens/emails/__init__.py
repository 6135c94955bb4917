"""Emails: addresses and the verdicts on them."""
