"""Both databases: connections, the projection's lock, rows in and out."""
