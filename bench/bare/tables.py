"""What the bare bounds write to."""

TABLES = """
create table if not exists bare_letter (id text primary key, body bytea not null);
create table if not exists bare_job (
    id bigint generated always as identity primary key,
    chat_id bigint not null,
    text text not null,
    sent_at timestamptz
);
create index if not exists bare_job_waiting on bare_job (id) where sent_at is null;
create table if not exists bare_press (id text primary key, body text not null);
"""

LETTER = "insert into bare_letter (id, body) values ($1, $2) on conflict do nothing"

JOB = """
with letter as (insert into bare_letter (id, body) values ($1, $2) on conflict do nothing returning id),
job as (insert into bare_job (chat_id, text) select $3, $4 from letter)
select pg_notify('bare_job', '')
"""

PRESS = "insert into bare_press (id, body) values ($1, $2) on conflict do nothing"

CLAIM = "select id, chat_id, text from bare_job where sent_at is null order by id limit $1 for update skip locked"

MARK = "update bare_job set sent_at = now() where id = any($1::bigint[])"
