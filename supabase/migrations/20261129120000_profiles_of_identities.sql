-- Profiles leave the identities of their users as well, and functions that changed get names of their own.
--
-- From here on a function that a migration changes gets a new name, and the old one stays for servers that still call it.
-- So any file may be run again alone: an earlier file brings back nothing that this version uses. Safe to run twice.

-- What has been applied, for the server's readiness check. Each later migration inserts its own number.
create table if not exists public.bookrag_migrations (number int primary key);
alter table public.bookrag_migrations enable row level security;
revoke all on public.bookrag_migrations from public, anon, authenticated;
insert into public.bookrag_migrations (number) values (4) on conflict do nothing;

create or replace function public.newest_migration() returns int
language sql stable security definer set search_path = '' as $$
    select coalesce(max(number), 0) from public.bookrag_migrations
$$;

revoke execute on function public.newest_migration() from public;
grant execute on function public.newest_migration() to anon, authenticated;

-- `finish_turn` as it is since 20261128160000: writes an answer where it is pending or was lost.
create or replace function public.finish_answer(turn jsonb) returns boolean
language plpgsql volatile security invoker set search_path = '' as $$
begin
    update public.messages set
        status = turn ->> 'status', content = turn ->> 'content', sources = turn -> 'sources',
        build = turn ->> 'build', timing = turn -> 'timing', grounded = (turn ->> 'grounded')::boolean,
        verdict = turn ->> 'verdict', finish_reason = turn ->> 'finish_reason', error_code = turn ->> 'error_code',
        model_version = turn ->> 'model_version'
    where conversation_id = (turn ->> 'conversation_id')::uuid and id = (turn ->> 'answer_id')::uuid
        and (status = 'pending' or error_code = 'answer_lost');
    if found then
        update public.conversations set updated_at = clock_timestamp()
        where id = (turn ->> 'conversation_id')::uuid;
    end if;
    return found;
end
$$;

revoke execute on function public.finish_answer(jsonb) from public, anon;
grant execute on function public.finish_answer(jsonb) to authenticated;

-- Takes the profile of a new user out of the metadata. `make_profile_on_sign_up` has stored it: triggers of one event
-- fire in the order of their names.
create or replace function public.clean_metadata() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
    update auth.users set raw_user_meta_data = raw_user_meta_data - 'profile' where id = new.id;
    return new;
end
$$;

revoke execute on function public.clean_metadata() from public, anon, authenticated;

create or replace trigger make_profile_on_sign_up_then_clean
    after insert on auth.users for each row when (new.raw_user_meta_data ? 'profile')
    execute function public.clean_metadata();

-- Auth copies the metadata of a sign-up into the identity that it makes for the e-mail address, sends the copy with each
-- session and never changes it. Name and profile are kept elsewhere, where readers can change them. Identities of other
-- providers are what those providers said, and stay.
create or replace function public.clean_identity() returns trigger
language plpgsql security invoker set search_path = '' as $$
begin
    new.identity_data := new.identity_data - 'profile' - 'name';
    return new;
end
$$;

revoke execute on function public.clean_identity() from public, anon, authenticated;

create or replace trigger clean_identity
    before insert or update on auth.identities for each row
    when (new.provider = 'email' and jsonb_typeof(new.identity_data) = 'object')
    execute function public.clean_identity();

update auth.identities set identity_data = identity_data - 'profile' - 'name'
where provider = 'email' and jsonb_typeof(identity_data) = 'object' and identity_data ?| array['profile', 'name'];
