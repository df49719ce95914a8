"""Answers run apart from the connections that follow them: start, follow, resume, stop; called by `app.routes`."""
