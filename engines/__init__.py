"""One question becomes one cited answer; imported by `app` and `indexing`."""
