"""Who may come in: hosts, logins, roles, tokens."""
