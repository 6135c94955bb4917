"""One event of each type, as the vendor documents them: for the data dictionary and for tests."""
