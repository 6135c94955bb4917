"""The commands, a file for each subject: a function is a command with its help and exit status."""
