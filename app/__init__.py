"""HTTP and the command line; the outermost package, which nothing else may import."""
