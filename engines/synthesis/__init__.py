"""Answers from passages: written and cited by a model, or quoted without one; called by `engines.chat`."""
