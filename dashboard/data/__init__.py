"""How screens read the database: connections, pages of lists, joins that all of them use."""
