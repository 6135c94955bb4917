"""How leads are scored: changing the definition with its effect in view, and testing it."""
