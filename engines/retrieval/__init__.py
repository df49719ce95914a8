"""Which passages of the book answer a question; imported by `app` and `indexing`."""
