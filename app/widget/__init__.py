"""The widget for a book's own pages: the built files of `frontend/`, and the router that serves them."""
