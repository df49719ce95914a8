"""How good retrieval and answers are, measured; imported by `app` and `indexing`."""
