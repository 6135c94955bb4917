"""Whether scores tell the future: those of an earlier moment against what happened after it."""
