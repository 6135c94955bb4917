"""The one table that every list is shown in: rows from the server, a page at a time."""
