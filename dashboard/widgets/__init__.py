"""What every screen is made of: words, times, numbers, charts."""
