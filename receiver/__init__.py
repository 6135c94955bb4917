"""The edge: HTTP to verified delivery to ledger, then 200."""
