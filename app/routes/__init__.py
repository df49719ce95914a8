"""The HTTP routes; each module is one group of them."""
