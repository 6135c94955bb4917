"""What filters on Live cost: many viewers with many of them, and how soon each is told of a row."""
