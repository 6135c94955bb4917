"""The one language in which screens, commands, routes, segments and rules say who is meant."""
