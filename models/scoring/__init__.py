"""Who is worth calling: fit, intent, grade, and why."""
