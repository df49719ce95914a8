"""Markdown and MDX as Docusaurus reads them; used by `indexing.book`, knows nothing of files and URLs."""
