"""Everything that outlives a request: the vector index, conversations, accounts; imports none of the other packages."""
