"""When somebody is notified about a lead, and where: destinations, rules, and the messages they
make."""
