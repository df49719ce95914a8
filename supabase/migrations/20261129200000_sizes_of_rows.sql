-- Limits on what a reader may write into their rows past the server, with their own token. The server itself stays far
-- below them. `not valid`: rows that are there already stay as they are. Safe to run twice.

-- 20 goals of 200 characters are 4,000, an experience of 1,000 characters is 6,002 where each is escaped.
alter table public.profiles
    drop constraint if exists profiles_goals_fit,
    add constraint profiles_goals_fit check (
        char_length(array_to_string(learning_goals, '')) <= 4000 and array_position(learning_goals, null) is null
    ) not valid,
    drop constraint if exists profiles_experience_fits,
    add constraint profiles_experience_fits check (char_length(prior_robotics_experience::text) <= 6002) not valid;

alter table public.conversations
    drop constraint if exists conversations_summary_fits,
    add constraint conversations_summary_fits check (char_length(summary::text) <= 100000) not valid;

alter table public.messages
    drop constraint if exists messages_sources_fit,
    add constraint messages_sources_fit check (char_length(sources::text) <= 2000000) not valid,
    drop constraint if exists messages_timing_fits,
    add constraint messages_timing_fits check (char_length(timing::text) <= 10000) not valid,
    drop constraint if exists messages_understood_fits,
    add constraint messages_understood_fits check (char_length(understood::text) <= 100000) not valid,
    drop constraint if exists messages_build_fits,
    add constraint messages_build_fits check (char_length(build) <= 500) not valid,
    drop constraint if exists messages_finish_reason_fits,
    add constraint messages_finish_reason_fits check (char_length(finish_reason) <= 200) not valid,
    drop constraint if exists messages_error_code_fits,
    add constraint messages_error_code_fits check (char_length(error_code) <= 200) not valid,
    drop constraint if exists messages_model_version_fits,
    add constraint messages_model_version_fits check (char_length(model_version) <= 500) not valid;

insert into public.bookrag_migrations (number) values (6) on conflict do nothing;
