"""Gemini as a LlamaIndex model: its wire format, retries, time limits and errors."""
