"""Companies: who has been interested of late."""
