"""What a reader asks: pure functions from a message to what is searched; no I/O, used only by the engines."""
