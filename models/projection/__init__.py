"""Facts to rows: which one wins, whose a visit is, what a lead is."""
