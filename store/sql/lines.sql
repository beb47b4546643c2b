-- name: queue!
-- Put work at the end of its lines. A line's row is locked until the caller commits, busy or not: whoever finishes
-- work of that line meanwhile waits, and then sees it.
with job as (
    insert into work (line, kind, body, run_at)
    select line, kind, body, coalesce(run_at, now())
    from unnest(:lines::text[], :kinds::text[], :bodies::jsonb[], :times::timestamptz[])
        with ordinality queued (line, kind, body, run_at, number)
    order by number
    returning line, run_at
), line as (
    insert into line as kept (key, due)
    select line, min(run_at) from job group by line order by line
    on conflict (key) do update
    set due = greatest(kept.held_until, least(kept.due, excluded.due))
    where not kept.busy
)
select pg_notify('work', '');

-- name: has_work$
-- Whether a line has work that is not given up.
select exists (select from work where line = :line and dead_at is null);

-- name: claim
-- Take the heads of due lines. `due` becomes the end of the lease; a line without a head is given back by the caller.
-- A head that was finished or put off since this statement began is none: `begun` asks the newest row again.
with due as materialized (
    select key from line where due <= now() order by due limit :count for update skip locked
), held as (
    update line set due = now() + :lease, fence = nextval('fence'), busy = true
    from due where line.key = due.key
    returning line.key, line.fence
), head as (
    select held.key, held.fence, first.id
    from held left join lateral (
        select id from work
        where work.line = held.key and run_at <= now() and dead_at is null
        order by id limit 1
    ) first on true
), begun as (
    update work set attempts = attempts + 1
    from head where work.id = head.id and work.run_at <= now() and work.dead_at is null
    returning work.id, work.kind, work.body, work.attempts, work.failures
)
select head.key as line, head.fence, begun.id, begun.kind, begun.body, begun.attempts, begun.failures
from head left join begun on begun.id = head.id;

-- name: renew!
-- Hold on to lines that are still ours.
update line set due = now() + :lease where key = any(:lines::text[]);

-- name: lock_lines
-- Lock the lines that are still ours, always in the same order.
select line.key, line.fence from line
join unnest(:lines::text[], :fences::bigint[]) mine (key, fence)
    on line.key = mine.key and line.fence = mine.fence and line.busy
order by line.key for update of line;

-- name: delete_done!
delete from work where id = any(:ids::bigint[]);

-- name: put_off!
-- Let work wait on its own; it did run, so what failed before is forgiven.
update work set run_at = now() + put.delay, reason = put.reason, failures = 0
from unnest(:ids::bigint[], :delays::interval[], :reasons::text[]) put (id, delay, reason)
where work.id = put.id;

-- name: hold!
-- Let a whole line wait; `failures` is what to add to the work's count.
with held as (
    select * from unnest(:ids::bigint[], :lines::text[], :delays::interval[], :reasons::text[], :failures::integer[])
        held (id, key, delay, reason, failures)
), waiting as (
    update line set held_until = now() + held.delay from held where line.key = held.key
)
update work set reason = held.reason, failures = work.failures + held.failures from held where work.id = held.id;

-- name: bury!
-- Keep work that can never succeed, with its reason.
update work set dead_at = now(), reason = gone.reason
from unnest(:ids::bigint[], :reasons::text[]) gone (id, reason)
where work.id = gone.id;

-- name: drop_empty!
-- A line without work needs no row; its next work makes a new one.
delete from line
where key = any(:lines::text[])
and not exists (select from work where work.line = line.key and dead_at is null);

-- name: give_back!
-- The line is due again when its next work is, and not before its hold ends.
update line
set busy = false,
    due = greatest(line.held_until, (select min(run_at) from work where work.line = line.key and dead_at is null))
where key = any(:lines::text[]);

-- name: seconds_to_next$
-- Seconds until any line is due; null where there is none.
select extract(epoch from min(due) - clock_timestamp())::float8 from line;

-- name: dead
-- The work that was given up, newest first.
select id, line, kind, attempts, reason, dead_at from work where dead_at is not null order by dead_at desc limit :count;

-- name: dead_by_kind
-- The work that was given up, counted by its kind.
select kind, count(*) as count from work where dead_at is not null group by kind order by kind;
