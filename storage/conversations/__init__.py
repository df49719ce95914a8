"""Conversations and their messages, in SQLite or in Supabase; imported by `app`."""
