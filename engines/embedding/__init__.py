"""The embedding model: described, loaded, and run in batches; imported by `app` and `indexing`."""
