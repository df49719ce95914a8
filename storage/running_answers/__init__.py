"""Answers that are being written, so that any worker process can resume or stop them; imported by `app`."""
