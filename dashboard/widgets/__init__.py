"""The building blocks of every screen: words, times, numbers, charts."""
