"""Readers' accounts and sessions, local or Supabase's; imported by `app`."""
