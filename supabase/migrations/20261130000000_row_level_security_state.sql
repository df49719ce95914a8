-- What `bookrag doctor` asks the database, as no table can be read with the publishable key: which migrations are
-- applied, and whether the rows of each table are their owners' alone. Safe to run twice.

-- `known` is whether a policy compares the row's owner with the caller in the very words of 20261121000000, as PostgreSQL
-- prints them: whatever else it says may open more. Left out are policies that only restrict what others allow, and those
-- of roles that row-level security does not hold anyway, unless callers have such a role.
-- `views` are those through which callers reach a table with the rights of the view's owner, whom no policy holds.
create or replace function public.database_state() returns jsonb
language sql stable security definer set search_path = '' as $$
    with recursive own as (
        select c.oid, c.relname, c.relrowsecurity, case when c.relname = 'profiles' then 'id' else 'user_id' end as owner
        from pg_catalog.pg_class c
        where c.relnamespace = 'public'::pg_catalog.regnamespace
            and c.relname in ('profiles', 'conversations', 'messages')
    ), callers as (
        select r.oid from pg_catalog.pg_roles r where r.rolname in ('anon', 'authenticated')
    ), policies as (
        select own.relname, p.policyname, p.cmd, (
            select pg_catalog.bool_and(condition = '(( SELECT auth.uid() AS uid) = ' || own.owner || ')')
            from pg_catalog.unnest(array[p.qual, p.with_check]) condition where condition is not null
        ) as known
        from own join pg_catalog.pg_policies p on p.schemaname = 'public' and p.tablename = own.relname
        where p.permissive = 'PERMISSIVE' and exists (
            select from pg_catalog.unnest(p.roles) named
            left join pg_catalog.pg_roles r on r.rolname = named
            where r.oid is null -- public
                or not (r.rolsuper or r.rolbypassrls)
                or exists (select from callers where pg_catalog.pg_has_role(callers.oid, r.oid, 'MEMBER')))
    ), dependents as ( -- views of a table, and views of these
        select own.relname, own.oid from own
        union
        select d.relname, c.oid
        from dependents d
        join pg_catalog.pg_depend on refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and refobjid = d.oid
            and classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
        join pg_catalog.pg_rewrite rule on rule.oid = objid
        join pg_catalog.pg_class c on c.oid = rule.ev_class and c.relkind in ('v', 'm')
    ), views as (
        select d.relname, pg_catalog.format('%I.%I', n.nspname, c.relname) as name
        from dependents d
        join pg_catalog.pg_class c on c.oid = d.oid and c.relkind in ('v', 'm')
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where exists (
            select from callers
            where pg_catalog.has_any_column_privilege(callers.oid, c.oid, 'SELECT, INSERT, UPDATE')
                or pg_catalog.has_table_privilege(callers.oid, c.oid, 'DELETE'))
            and not exists (
                select from pg_catalog.pg_options_to_table(c.reloptions)
                where option_name = 'security_invoker' and option_value::boolean)
    )
    select pg_catalog.jsonb_build_object(
        'migrations', (
            select coalesce(pg_catalog.jsonb_agg(number order by number), '[]') from public.bookrag_migrations),
        'tables', (
            select coalesce(pg_catalog.jsonb_object_agg(own.relname, pg_catalog.jsonb_build_object(
                'row_level_security', own.relrowsecurity,
                'policies', (
                    select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                        'name', p.policyname, 'command', p.cmd, 'known', coalesce(p.known, false))
                        order by p.policyname), '[]')
                    from policies p where p.relname = own.relname),
                'views', (
                    select coalesce(pg_catalog.jsonb_agg(v.name order by v.name), '[]')
                    from views v where v.relname = own.relname))), '{}')
            from own))
$$;

revoke execute on function public.database_state() from public;
grant execute on function public.database_state() to anon, authenticated;

insert into public.bookrag_migrations (number) values (7) on conflict do nothing;
