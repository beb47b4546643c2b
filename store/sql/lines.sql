-- name: queue!
-- Put work at the end of its lines. A line's row is locked until the caller commits, busy or not: whoever finishes
-- work of that line meanwhile waits, and then sees it.
with job as (
    insert into work (line, kind, body, run_at, urgency)
    select line, kind, body, coalesce(run_at, now()), urgency
    from unnest(:lines::text[], :kinds::text[], :bodies::jsonb[], :times::timestamptz[], :urgencies::smallint[])
        with ordinality queued (line, kind, body, run_at, urgency, number)
    order by number
    returning line, run_at, urgency
)
insert into line as kept (key, due, urgency)
select line, min(run_at), min(urgency) from job group by line order by line
on conflict (key) do update
set urgency = least(kept.urgency, excluded.urgency),
    due = least(kept.due, greatest(
        kept.held_until, case when excluded.urgency <= 1 then kept.urgent_at else kept.free_at end, excluded.due
    ))
where not kept.busy;

-- name: lock_keys!
-- Lock lines before work of some of them is taken back, always in the same order.
select key from line where key = any(:lines::text[]) order by key for update;

-- name: take_back!
-- Forget the work of lines, but for what was begun in a line that is busy: it may be under way.
delete from work using line
where line.key = any(:lines::text[]) and work.line = line.key
and work.dead_at is null and (work.attempts = 0 or not line.busy);

-- name: has_work$
-- Whether a line has work that is not given up.
select exists (select from work where line = :line and dead_at is null);

-- name: waiting
-- The work of a line that may run now, in its order.
select id, kind, body from work where line = :line and run_at <= now() and dead_at is null order by id;

-- name: withdraw!
-- Take work out of lines that are locked. One that is left without work is given back by whoever claims it next.
delete from work using unnest(:lines::text[], :ids::bigint[]) gone (line, id)
where work.line = gone.line and work.id = gone.id and work.dead_at is null;

-- name: claim
-- Take the heads of due lines, the most urgent first. `due` becomes the end of the lease; a line without a head is
-- given back by the caller. A head that was finished or put off since this statement began is none: `begun` asks the
-- newest row again. A chat's line is taken only where there is a place for its message within `ahead`; the places
-- follow each other every `spacing`, whoever takes them. What is due by now is before infinity, but only what says so
-- is looked up in the index of what is due at all.
with gate as materialized (
    select greatest(next_at, now()) as first_at from pace
    where exists (select from line where paced and due <= now() and due < 'infinity')
    for update
), room as (
    select least(
        :messages::bigint,
        floor(extract(epoch from now() + :ahead::interval - first_at) / extract(epoch from :spacing::interval))::bigint + 1
    ) as places
    from gate where first_at <= now() + :ahead::interval
), due as materialized (
    select key, paced, urgency, due from (
        select turn.* from (values (0), (1), (2), (3), (4)) level (urgency), lateral (
            select key, paced, urgency, due from line
            where paced and line.urgency = level.urgency and due <= now() and due < 'infinity' order by due
            limit (select places from room) for update skip locked
        ) turn
        where exists (select from room)
        union all
        select turn.* from (values (0), (1), (2), (3), (4)) level (urgency), lateral (
            select key, paced, urgency, due from line
            where not paced and line.urgency = level.urgency and due <= now() and due < 'infinity' order by due
            limit :count for update skip locked
        ) turn
    ) waiting
), placed as (
    select key, urgency, due, case when paced then row_number() over (partition by paced order by urgency, due) end place
    from due
), taken as (
    select key, place from placed
    where place is null or place <= (select places from room)
    order by urgency, due limit :count
), held as (
    update line set due = now() + :lease, fence = nextval('fence'), busy = true
    from taken where line.key = taken.key
    returning line.key, line.fence, taken.place
), head as (
    select held.key, held.fence, held.place, first.id
    from held left join lateral (
        select id from work
        where work.line = held.key and run_at <= now() and dead_at is null
        order by id limit 1
    ) first on true
), begun as (
    update work set attempts = attempts + 1
    from head where work.id = head.id and work.run_at <= now() and work.dead_at is null
    returning work.id, work.kind, work.body, work.attempts, work.failures
), used as (
    update pace set next_at = gate.first_at + (select count(place) from taken) * :spacing::interval
    from gate where exists (select from taken where place is not null)
)
select head.key as line, head.fence, begun.id, begun.kind, begun.body, begun.attempts, begun.failures,
    greatest(gate.first_at + (head.place - 1) * :spacing::interval - now(), '0') as wait
from head left join begun on begun.id = head.id left join gate on true;

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

-- name: keep_pace!
-- A message went out: the chat's next one has to wait, an urgent one less.
update line set free_at = greatest(free_at, now()) + sent.gap, urgent_at = greatest(free_at, now()) + sent.gap - sent.lead
from unnest(:lines::text[], :gaps::interval[], :leads::interval[]) sent (key, gap, lead)
where line.key = sent.key;

-- name: throttle!
-- The messenger says that we are too fast. Said of two chats at once it means all of them.
update pace
set next_at = case
        when refused_until > now() and refused <> all(:lines::text[]) or cardinality(:lines::text[]) > 1
        then greatest(next_at, now() + :delay)
        else next_at
    end,
    refused = (:lines::text[])[1],
    refused_until = now() + :delay;

-- name: drop_empty!
-- A line without work needs no row; its next work makes a new one. That of a chat is kept until its pace allows the
-- next message.
delete from line
where key = any(:lines::text[]) and not paced
and not exists (select from work where work.line = line.key and dead_at is null);

-- name: drop_parked!
-- Rows of chats that were kept for their pace alone, and are not needed any more.
delete from line where key in (
    select key from line where due = 'infinity' and not busy and free_at <= now() limit 100 for update skip locked
);

-- name: give_back!
-- The line is due again when its next work is, and not before its hold ends or, in a chat, before its next place.
update line
set busy = false,
    urgency = coalesce(waiting.urgency, 4),
    due = case when waiting.run_at is null then 'infinity' else greatest(
        line.held_until, case when waiting.urgency <= 1 then line.urgent_at else line.free_at end, waiting.run_at
    ) end
from unnest(:lines::text[]) given (key) left join lateral (
    select min(run_at) as run_at, min(urgency) as urgency from work where work.line = given.key and dead_at is null
) waiting on true
where line.key = given.key;

-- name: seconds_to_next$
-- Seconds until any line is due, and for a chat's line also its place; null where there is none.
select extract(epoch from least(
    (select min(turn.due) from (values (0), (1), (2), (3), (4)) level (urgency), lateral (
        select due from line where not paced and line.urgency = level.urgency and due < 'infinity' order by due limit 1
    ) turn),
    (select greatest(min(turn.due), (select next_at - :ahead::interval from pace))
        from (values (0), (1), (2), (3), (4)) level (urgency), lateral (
            select due from line where paced and line.urgency = level.urgency and due < 'infinity' order by due limit 1
        ) turn
        having min(turn.due) is not null)
) - clock_timestamp())::float8;

-- name: dead
-- The work that was given up, newest first.
select id, line, kind, attempts, reason, dead_at from work where dead_at is not null order by dead_at desc limit :count;

-- name: dead_by_kind
-- The work that was given up, counted by its kind.
select kind, count(*) as count from work where dead_at is not null group by kind order by kind;
