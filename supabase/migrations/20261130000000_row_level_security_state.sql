-- What `bookrag doctor` asks the database, as no table can be read with the publishable key: which migrations are
-- applied, and whether the rows of each table are their owners' alone. Safe to run twice.

-- `owners_only` is whether a policy compares the row's owner with the caller, as those of 20261121000000 do. Policies that
-- only restrict what others allow, and those of other roles, open nothing and are left out.
create or replace function public.database_state() returns jsonb
language sql stable security definer set search_path = '' as $$
    with own as (
        select c.oid, c.relname, c.relrowsecurity, case when c.relname = 'profiles' then 'id' else 'user_id' end as owner
        from pg_catalog.pg_class c
        where c.relnamespace = 'public'::pg_catalog.regnamespace
            and c.relname in ('profiles', 'conversations', 'messages')
    ), policies as (
        select own.relname, p.policyname, p.cmd, (
            select pg_catalog.bool_and(
                pg_catalog.regexp_replace(pg_catalog.lower(condition), '[^a-z_.=]', '', 'g')
                    = 'selectauth.uidasuid=' || own.owner)
            from pg_catalog.unnest(array[p.qual, p.with_check]) condition where condition is not null
        ) as owners_only
        from own join pg_catalog.pg_policies p on p.schemaname = 'public' and p.tablename = own.relname
        where p.permissive = 'PERMISSIVE' and p.roles && array['public', 'anon', 'authenticated']::name[]
    )
    select pg_catalog.jsonb_build_object(
        'migrations', (select pg_catalog.jsonb_agg(number order by number) from public.bookrag_migrations),
        'tables', (
            select pg_catalog.jsonb_object_agg(own.relname, pg_catalog.jsonb_build_object(
                'row_level_security', own.relrowsecurity,
                'policies', (
                    select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                        'name', p.policyname, 'command', p.cmd, 'owners_only', coalesce(p.owners_only, false))
                        order by p.policyname), '[]')
                    from policies p where p.relname = own.relname)))
            from own))
$$;

revoke execute on function public.database_state() from public;
grant execute on function public.database_state() to anon, authenticated;

insert into public.bookrag_migrations (number) values (7) on conflict do nothing;
