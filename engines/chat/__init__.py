"""The chat engine: conversation, standalone question, prompts, and the events of one answer; imported by `app`."""
