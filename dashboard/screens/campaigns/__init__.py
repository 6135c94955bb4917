"""Campaigns: what brings visitors."""
