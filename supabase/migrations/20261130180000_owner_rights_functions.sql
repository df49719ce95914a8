-- What `bookrag doctor` asks the database: functions that run with their owner's rights (security definer), whom no
-- policy holds, and that callers may execute. A function of a project is such a way past row-level security as soon as
-- its schema is exposed; `bookrag doctor` asks the interface which schemas are. Safe to run twice.

-- Left out are what the migrations make, triggers (the interface calls none), and what the maintainer of a project can
-- not change: functions of extensions, and those of the roles by which Supabase itself works, such as
-- supabase_storage_admin.
create or replace function public.owner_rights_functions() returns jsonb
language sql stable set search_path = '' as $$
    with callable as (
        select n.nspname as schema,
            pg_catalog.format(
                '%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)) as name,
            pg_catalog.has_schema_privilege('anon', n.oid, 'USAGE')
                and pg_catalog.has_function_privilege('anon', p.oid, 'EXECUTE') as anybody,
            pg_catalog.has_schema_privilege('authenticated', n.oid, 'USAGE')
                and pg_catalog.has_function_privilege('authenticated', p.oid, 'EXECUTE') as readers
        from pg_catalog.pg_proc p
        join pg_catalog.pg_namespace n on n.oid = p.pronamespace
        join pg_catalog.pg_roles owner on owner.oid = p.proowner
        where p.prosecdef and p.prokind = 'f'
            and p.prorettype not in (
                'pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype)
            and n.nspname not in ('pg_catalog', 'information_schema')
            and owner.rolname not like 'supabase\_%\_admin'
            and not (n.nspname = 'public' and p.pronargs = 0
                and p.proname in ('database_state', 'delete_account', 'newest_migration'))
            and not exists (
                select from pg_catalog.pg_depend d
                where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e')
    )
    select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'schema', schema, 'name', name, 'anybody', anybody) order by name), '[]')
    from callable where anybody or readers
$$;

revoke execute on function public.owner_rights_functions() from public;
grant execute on function public.owner_rights_functions() to anon, authenticated;

insert into public.bookrag_migrations (number) values (8) on conflict do nothing;
