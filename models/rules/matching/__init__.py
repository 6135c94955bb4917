"""Who matches a rule: the visits in a batch, and the rules' conditions."""
