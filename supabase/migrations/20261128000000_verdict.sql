-- What was decided about a question: whether the book covers it, may not cover it, or does not cover it.
-- `grounded` is false only where the verdict is 'not_covered'; small talk has no verdict. Safe to run twice.

do $$
begin
    if not exists (
        select 1 from information_schema.columns
        where table_schema = 'public' and table_name = 'messages' and column_name = 'verdict'
    ) then
        alter table public.messages add column verdict text
            check (verdict in ('covered', 'uncertain', 'not_covered'));
        -- Only once, when the column is new: later answers without a verdict are small talk.
        update public.messages set verdict = case when grounded then 'covered' else 'not_covered' end
        where grounded is not null;
    end if;
end
$$;

-- As before, and the verdict with it.
create or replace function public.finish_turn(turn jsonb) returns boolean
language plpgsql volatile security invoker set search_path = '' as $$
begin
    update public.messages set
        status = turn ->> 'status', content = turn ->> 'content', sources = turn -> 'sources',
        build = turn ->> 'build', timing = turn -> 'timing', grounded = (turn ->> 'grounded')::boolean,
        verdict = turn ->> 'verdict', finish_reason = turn ->> 'finish_reason', error_code = turn ->> 'error_code'
    where conversation_id = (turn ->> 'conversation_id')::uuid and id = (turn ->> 'answer_id')::uuid
        and status = 'pending';
    if found then
        update public.conversations set updated_at = clock_timestamp()
        where id = (turn ->> 'conversation_id')::uuid;
    end if;
    return found;
end
$$;
