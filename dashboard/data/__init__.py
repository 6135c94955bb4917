"""Where screens read: connections, pages of lists, joins that all of them use."""
