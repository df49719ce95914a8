"""Reads Markdown and MDX as Docusaurus does; used by `indexing.read_book`, independent of files and URLs."""
