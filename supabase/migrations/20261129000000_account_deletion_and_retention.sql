-- Readers delete their own accounts, and conversations can be kept for a limited time. Safe to run twice.

-- Deletes the caller's account. Profile, conversations and messages refer to the row and go with it.
create or replace function public.delete_account() returns void
language sql volatile security definer set search_path = '' as $$
    delete from auth.users where id = auth.uid()
$$;

revoke execute on function public.delete_account() from public, anon;
grant execute on function public.delete_account() to authenticated;

-- Deletes conversations that nobody has used for `kept`; returns how many. docs/supabase.md schedules it.
create or replace function public.delete_old_conversations(kept interval) returns bigint
language sql volatile security invoker set search_path = '' as $$
    with deleted as (
        delete from public.conversations where updated_at < now() - kept returning 1
    )
    select count(*) from deleted
$$;

revoke execute on function public.delete_old_conversations(interval) from public, anon, authenticated;

-- See 20261128120000. Only the deletion of accounts needs this number, so the server starts with the one before.
create or replace function public.bookrag_schema() returns int
language sql stable security invoker set search_path = '' as $$ select 3 $$;
