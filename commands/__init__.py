"""The commands, one file per subject: each function is a command, with its help and exit status."""
