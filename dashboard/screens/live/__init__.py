"""Live: who is on the site now."""
