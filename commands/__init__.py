"""The commands: a file a subject, each function one command with its help and exit status."""
