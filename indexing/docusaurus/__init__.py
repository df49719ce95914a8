"""A Docusaurus site as its own build sees it: files, front matter, titles, addresses."""
