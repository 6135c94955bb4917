"""One lead or one visit, in full."""
