"""Companies: who has shown interest recently."""
