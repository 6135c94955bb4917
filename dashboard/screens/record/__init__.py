"""One lead or one visit, whole."""
