"""Lists as columns: which columns there are, how a value is written, one lead as JSON."""
