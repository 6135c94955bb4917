"""Presets: exports in the form that a CRM or ad tool imports."""
