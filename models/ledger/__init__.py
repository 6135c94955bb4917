"""Every verified delivery as it came, and how long it took to be committed."""
