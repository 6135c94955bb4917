"""What lists are as columns: which there are, how a value is written, one lead as JSON."""
