"""One file a screen; `main.py` says which exist."""
