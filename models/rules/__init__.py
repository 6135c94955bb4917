"""When somebody is told of a lead, and where: destinations, rules, and the messages they make."""
