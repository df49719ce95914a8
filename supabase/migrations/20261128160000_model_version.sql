-- What the model that wrote an answer calls itself: a name such as `gemini-flash-latest` moves. Safe to run twice.
alter table public.messages add column if not exists model_version text;

-- As before, and the model's version with it.
create or replace function public.finish_turn(turn jsonb) returns boolean
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
