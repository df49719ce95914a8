"""Markdown and MDX as Docusaurus reads them; used by `indexing.read_book`, knows nothing of files and URLs."""
