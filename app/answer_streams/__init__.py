"""Answers that are being written in this process, apart from the connections that read them; called by `app.routes`."""
