"""Filters: from a page's address to conditions of a query."""
