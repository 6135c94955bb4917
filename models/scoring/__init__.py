"""How much somebody is worth calling: fit, intent, grade, and why."""
