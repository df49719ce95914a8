-- How a question was understood is kept with its answer: what was searched for instead of misspelt words, as in the
-- stream's `data-understood`. Null where no word was corrected, and in answers from before. Safe to run twice.
alter table public.messages add column if not exists understood jsonb;

-- `finish_answer` (20261129120000), and what was understood with it: writes an answer where it is pending or was lost.
create or replace function public.save_answer(turn jsonb) returns boolean
language plpgsql volatile security invoker set search_path = '' as $$
begin
    update public.messages set
        status = turn ->> 'status', content = turn ->> 'content', sources = turn -> 'sources',
        build = turn ->> 'build', timing = turn -> 'timing', grounded = (turn ->> 'grounded')::boolean,
        verdict = turn ->> 'verdict', understood = nullif(turn -> 'understood', 'null'),
        finish_reason = turn ->> 'finish_reason', error_code = turn ->> 'error_code',
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

revoke execute on function public.save_answer(jsonb) from public, anon;
grant execute on function public.save_answer(jsonb) to authenticated;

insert into public.bookrag_migrations (number) values (5) on conflict do nothing;
