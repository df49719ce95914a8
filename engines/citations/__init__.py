"""Citation marks in a model's text: read, checked against the passages, and numbered; called by `engines.synthesis`."""
