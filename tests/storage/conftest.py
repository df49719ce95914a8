from tests.reader_stores import local_stores, project, stores, supabase_stores

__all__ = ["local_stores", "project", "stores", "supabase_stores"]
