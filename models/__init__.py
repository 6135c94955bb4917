"""What the data means, and how it is kept correct."""
