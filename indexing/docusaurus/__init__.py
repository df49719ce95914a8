"""Reads a Docusaurus site as its own build does: files, front matter, titles, addresses."""
