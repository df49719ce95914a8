-- Profiles, conversations and messages of readers, each row its owner's alone.
-- Safe to run twice. The functions run with the caller's rights, so that row-level security decides in them, too.

-- Profiles ------------------------------------------------------------------------------------------------------------

create table if not exists public.profiles (
    id uuid primary key references auth.users (id) on delete cascade,
    name text check (char_length(name) <= 200),
    programming_knowledge text check (programming_knowledge in ('beginner', 'intermediate', 'advanced')),
    prior_robotics_experience jsonb check (jsonb_typeof(prior_robotics_experience) in ('string', 'boolean')),
    learning_goals text[] not null default '{}' check (cardinality(learning_goals) <= 20),
    preferred_learning_style text check (preferred_learning_style in ('hands-on', 'theory-first', 'mixed')),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

-- Conversations -------------------------------------------------------------------------------------------------------

create table if not exists public.conversations (
    id uuid primary key,
    user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
    title text not null check (char_length(title) between 1 and 200),
    head_id uuid, -- the last message of the current branch
    summary jsonb check (jsonb_typeof(summary) = 'object'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (id, user_id)
);

-- The list, newest first, and its pages.
create index if not exists conversations_latest on public.conversations (user_id, updated_at desc, id desc);

-- Messages ------------------------------------------------------------------------------------------------------------
-- A tree: an answer hangs on its question, a question on the answer before it. Answers to one question are its versions,
-- questions on one answer are branches.

create table if not exists public.messages (
    seq bigint generated always as identity primary key, -- the order in which they were written
    id uuid not null unique,
    conversation_id uuid not null,
    user_id uuid not null default auth.uid(),
    parent_id uuid,
    role text not null check (role in ('user', 'assistant')),
    status text not null check (status in ('pending', 'complete', 'incomplete')),
    content text not null check (char_length(content) <= 200000),
    client_id text check (char_length(client_id) <= 2000),
    selected_text text check (char_length(selected_text) <= 200000),
    page_url text check (char_length(page_url) <= 4000),
    sources jsonb not null default '[]' check (jsonb_typeof(sources) = 'array'),
    build text,
    timing jsonb not null default '{}' check (jsonb_typeof(timing) = 'object'),
    grounded boolean,
    finish_reason text,
    error_code text,
    created_at timestamptz not null default now(),
    unique (conversation_id, id),
    -- A message is of its conversation's owner, and hangs on a message of its own conversation: no policy has to say so.
    foreign key (conversation_id, user_id) references public.conversations (id, user_id) on delete cascade,
    foreign key (conversation_id, parent_id) references public.messages (conversation_id, id) on delete cascade
);

create index if not exists messages_conversation on public.messages (conversation_id, seq);
create index if not exists messages_parent on public.messages (conversation_id, parent_id);
create index if not exists messages_user on public.messages (user_id);

-- Row-level security --------------------------------------------------------------------------------------------------
-- `(select auth.uid())` is computed once for a query, not once for a row.

alter table public.profiles enable row level security;
alter table public.conversations enable row level security;
alter table public.messages enable row level security;

drop policy if exists "profiles: read one's own" on public.profiles;
create policy "profiles: read one's own" on public.profiles
    for select to authenticated using ((select auth.uid()) = id);
drop policy if exists "profiles: make one's own" on public.profiles;
create policy "profiles: make one's own" on public.profiles
    for insert to authenticated with check ((select auth.uid()) = id);
drop policy if exists "profiles: change one's own" on public.profiles;
create policy "profiles: change one's own" on public.profiles
    for update to authenticated using ((select auth.uid()) = id) with check ((select auth.uid()) = id);
drop policy if exists "profiles: delete one's own" on public.profiles;
create policy "profiles: delete one's own" on public.profiles
    for delete to authenticated using ((select auth.uid()) = id);

drop policy if exists "conversations: read one's own" on public.conversations;
create policy "conversations: read one's own" on public.conversations
    for select to authenticated using ((select auth.uid()) = user_id);
drop policy if exists "conversations: make one's own" on public.conversations;
create policy "conversations: make one's own" on public.conversations
    for insert to authenticated with check ((select auth.uid()) = user_id);
drop policy if exists "conversations: change one's own" on public.conversations;
create policy "conversations: change one's own" on public.conversations
    for update to authenticated using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
drop policy if exists "conversations: delete one's own" on public.conversations;
create policy "conversations: delete one's own" on public.conversations
    for delete to authenticated using ((select auth.uid()) = user_id);

drop policy if exists "messages: read one's own" on public.messages;
create policy "messages: read one's own" on public.messages
    for select to authenticated using ((select auth.uid()) = user_id);
drop policy if exists "messages: make one's own" on public.messages;
create policy "messages: make one's own" on public.messages
    for insert to authenticated with check ((select auth.uid()) = user_id);
drop policy if exists "messages: change one's own" on public.messages;
create policy "messages: change one's own" on public.messages
    for update to authenticated using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
drop policy if exists "messages: delete one's own" on public.messages;
create policy "messages: delete one's own" on public.messages
    for delete to authenticated using ((select auth.uid()) = user_id);

-- Supabase grants everything to everybody by default and leaves the rest to the policies; who is not signed in has no
-- business here at all.
revoke all on public.profiles, public.conversations, public.messages from public, anon;
revoke all on public.profiles, public.conversations, public.messages from authenticated;
grant select, insert, update, delete on public.profiles, public.conversations, public.messages to authenticated;

-- A profile for every new user ----------------------------------------------------------------------------------------

create or replace function public.make_profile() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
    given jsonb := coalesce(new.raw_user_meta_data -> 'profile', '{}');
begin
    begin
        insert into public.profiles (id, name, programming_knowledge, prior_robotics_experience, learning_goals,
            preferred_learning_style)
        values (new.id, new.raw_user_meta_data ->> 'name', given ->> 'programming_knowledge',
            nullif(given -> 'prior_robotics_experience', 'null'),
            array(select jsonb_array_elements_text(coalesce(nullif(given -> 'learning_goals', 'null'), '[]'))),
            given ->> 'preferred_learning_style')
        on conflict (id) do nothing;
    exception when others then
        -- Users write their metadata themselves. What does not fit must not keep them from signing up.
        insert into public.profiles (id) values (new.id) on conflict (id) do nothing;
    end;
    return new;
end
$$;

revoke execute on function public.make_profile() from public, anon, authenticated;

create or replace trigger make_profile_on_sign_up
    after insert on auth.users for each row execute function public.make_profile();

-- What a turn needs, in one round trip --------------------------------------------------------------------------------

-- The message with this id, or the latest to which the client gave this id.
create or replace function public.find_message(in_conversation uuid, named text) returns public.messages
language sql stable security invoker set search_path = '' as $$
    select m.* from public.messages m
    where m.conversation_id = in_conversation and (m.id::text = named or m.client_id = named)
    order by m.seq desc limit 1
$$;

-- The branch that ends with a message, oldest first: what was said, without the sources, which are most of a message.
create or replace function public.read_branch(in_conversation uuid, last_id uuid, max_messages int) returns jsonb
language sql stable security invoker set search_path = '' as $$
    with recursive branch as (
        select 1 as depth, m.id, m.parent_id, m.role, m.status, m.content, m.selected_text, m.created_at
        from public.messages m
        where m.conversation_id = in_conversation and m.id = last_id and max_messages > 0
        union all
        select branch.depth + 1, m.id, m.parent_id, m.role, m.status, m.content, m.selected_text, m.created_at
        from branch
        join public.messages m on m.id = branch.parent_id -- of the same conversation: the foreign key says so
        where branch.depth < max_messages
    )
    select coalesce(jsonb_agg(to_jsonb(branch) - 'depth' order by depth desc), '[]') from branch
$$;

-- Whether a message is on the branch that ends with another one.
create or replace function public.is_on_branch(in_conversation uuid, last_id uuid, wanted uuid) returns boolean
language sql stable security invoker set search_path = '' as $$
    with recursive branch as (
        select m.id, m.parent_id from public.messages m
        where m.conversation_id = in_conversation and m.id = last_id
        union all
        select m.id, m.parent_id from branch join public.messages m on m.id = branch.parent_id
    )
    select exists (select 1 from branch where branch.id = wanted)
$$;

-- Stores a question and its pending answer, or finds them when they are there; with the history before them.
-- SQLSTATE PT404 and PT409 become the HTTP status in PostgREST.
create or replace function public.begin_turn(turn jsonb) returns jsonb
language plpgsql volatile security invoker set search_path = '' as $$
declare
    conv public.conversations;
    question public.messages;
    answer public.messages;
    target public.messages;
    in_conv uuid := (turn ->> 'conversation_id')::uuid;
    submitting boolean := turn ->> 'trigger' = 'submit';
    target_name text := coalesce(
        turn ->> 'target', case when turn ->> 'trigger' = 'submit' then turn ->> 'parent_id' end);
    follows uuid;
begin
    if submitting then
        insert into public.conversations (id, title) values (in_conv, turn ->> 'title') on conflict (id) do nothing;
    end if;
    -- Locked, so that two questions at once are put in order. Row-level security hides everybody else's.
    select * into conv from public.conversations where id = in_conv for update;
    if not found then
        raise sqlstate 'PT404' using message = 'conversation not found';
    end if;

    select * into answer from public.messages
    where conversation_id = in_conv and id = (turn ->> 'answer_id')::uuid;
    if found then
        select * into question from public.messages where conversation_id = in_conv and id = answer.parent_id;
        if submitting and question.content is distinct from turn ->> 'question' then
            raise sqlstate 'PT409' using message = 'idempotency key reused';
        end if;
        -- A question that is edited back to an earlier wording: the conversation goes on from that one's answer again.
        if submitting and turn ->> 'target' is not null then
            update public.conversations set head_id = answer.id, updated_at = clock_timestamp()
            where id = in_conv and not public.is_on_branch(in_conv, conv.head_id, answer.id);
        end if;
    else
        if not submitting and target_name is null then
            target_name := conv.head_id::text;
        end if;
        if target_name is not null then
            target := public.find_message(in_conv, target_name);
        end if;
        if submitting then
            if target.id is not null then
                follows := case when turn ->> 'target' is null then target.id else target.parent_id end;
            elsif turn ->> 'parent_id' is not null and turn ->> 'target' is null then
                raise sqlstate 'PT404' using message = 'message not found';
            else
                follows := conv.head_id;
            end if;
            insert into public.messages
                (id, conversation_id, parent_id, role, status, content, client_id, selected_text, page_url)
            values ((turn ->> 'question_id')::uuid, in_conv, follows, 'user', 'complete', turn ->> 'question',
                turn ->> 'client_id', turn ->> 'selected_text', turn ->> 'page_url')
            returning * into question;
        else
            if target.role = 'assistant' then
                target := public.find_message(in_conv, target.parent_id::text);
            end if;
            if target.id is null then
                raise sqlstate 'PT404' using message = 'message not found';
            end if;
            question := target;
        end if;
        insert into public.messages (id, conversation_id, parent_id, role, status, content)
        values ((turn ->> 'answer_id')::uuid, in_conv, question.id, 'assistant', 'pending', '');
        update public.conversations set head_id = (turn ->> 'answer_id')::uuid, updated_at = clock_timestamp()
        where id = in_conv;
    end if;

    return jsonb_build_object(
        'question', to_jsonb(question),
        'answer', case when answer.id is null then null else to_jsonb(answer) end,
        'history', public.read_branch(in_conv, question.parent_id, (turn ->> 'history_limit')::int),
        'summary', conv.summary,
        'profile', (select to_jsonb(p) from public.profiles p where p.id = (select auth.uid())));
end
$$;

-- Writes an answer where it is still pending; a conversation that was deleted in the meantime stays deleted.
create or replace function public.finish_turn(turn jsonb) returns boolean
language plpgsql volatile security invoker set search_path = '' as $$
begin
    update public.messages set
        status = turn ->> 'status', content = turn ->> 'content', sources = turn -> 'sources',
        build = turn ->> 'build', timing = turn -> 'timing', grounded = (turn ->> 'grounded')::boolean,
        finish_reason = turn ->> 'finish_reason', error_code = turn ->> 'error_code'
    where conversation_id = (turn ->> 'conversation_id')::uuid and id = (turn ->> 'answer_id')::uuid
        and status = 'pending';
    if found then
        update public.conversations set updated_at = clock_timestamp()
        where id = (turn ->> 'conversation_id')::uuid;
    end if;
    return found;
end
$$;

-- A page of conversations, newest first, after a place in that order; `search` looks in titles and messages.
create or replace function public.list_conversations(
    max_rows int, before_time timestamptz default null, before_id uuid default null, search text default null
) returns jsonb
language sql stable security invoker set search_path = '' as $$
    with page as (
        select c.id, c.title, c.created_at, c.updated_at from public.conversations c
        where c.user_id = (select auth.uid())
            and (before_time is null or (c.updated_at, c.id) < (before_time, before_id))
            and (search is null or strpos(lower(c.title), lower(search)) > 0 or exists (
                select 1 from public.messages m
                where m.conversation_id = c.id and strpos(lower(m.content), lower(search)) > 0))
        order by c.updated_at desc, c.id desc limit max_rows
    )
    select coalesce(jsonb_agg(to_jsonb(page) || jsonb_build_object('snippet', (
        select substr(m.content, greatest(1, strpos(lower(m.content), lower(search)) - 40), 160)
        from public.messages m
        where search is not null and m.conversation_id = page.id and strpos(lower(m.content), lower(search)) > 0
        order by m.seq limit 1
    )) order by page.updated_at desc, page.id desc), '[]') from page
$$;

-- A conversation with all its messages, in one value: PostgREST's limit on rows does not cut it.
create or replace function public.open_conversation(conversation uuid) returns jsonb
language sql stable security invoker set search_path = '' as $$
    select to_jsonb(c) || jsonb_build_object('messages', (
        select coalesce(jsonb_agg(to_jsonb(v) order by v.seq), '[]') from (
            select m.*, row_number() over (partition by m.parent_id, m.role order by m.seq) as version
            from public.messages m where m.conversation_id = c.id) v))
    from public.conversations c where c.id = conversation
$$;

revoke execute on function
    public.find_message(uuid, text), public.read_branch(uuid, uuid, int),
    public.is_on_branch(uuid, uuid, uuid), public.begin_turn(jsonb),
    public.finish_turn(jsonb), public.list_conversations(int, timestamptz, uuid, text), public.open_conversation(uuid)
    from public, anon;
grant execute on function
    public.find_message(uuid, text), public.read_branch(uuid, uuid, int),
    public.is_on_branch(uuid, uuid, uuid), public.begin_turn(jsonb),
    public.finish_turn(jsonb), public.list_conversations(int, timestamptz, uuid, text), public.open_conversation(uuid)
    to authenticated;
