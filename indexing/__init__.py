"""The book becomes a published index; imported by `app` alone."""
