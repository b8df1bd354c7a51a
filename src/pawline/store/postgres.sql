-- What PostgreSQL says in its own way.

-- name: stale_lanes [rows]
-- Locked in order, so that a takeover waits for us or we for it: reading the epoch alone let a stale owner commit.
with wanted as (select * from {rows v: lane int2, epoch int8, owner int8}),
held as materialized (
    select lane.lane, lane.epoch, lane.owner from lane where lane.lane in (select wanted.lane from wanted)
    order by lane.lane for share
)
select w.lane, w.epoch from wanted w
where (w.lane, w.epoch, w.owner) not in (select held.lane, held.epoch, held.owner from held)

-- name: gone_keys [rows]
-- All of them locked, whether they are gone or not: else an erasure under way took out what we are about to put in.
with wanted as (select * from {rows v: no int8}),
held as materialized (
    select data_key.no, data_key.destroyed from data_key where data_key.no in (select wanted.no from wanted)
    order by data_key.no for share
)
select held.no from held where held.destroyed is not null

-- name: busy_keys
-- Of these keys. NEW runs are not admitted to their key yet: they keep nobody waiting. One look each, however long a line:
-- a scalar query stays one, where `exists` may become a join over all that is unfinished.
select k.keyhash from unnest(?::int8[]) as k(keyhash) where (
    select 1 from run where run.keyhash = k.keyhash and run.ended is null and run.status <> 0 limit 1) is not null

-- name: heirs
-- For runs that ended or let others pass: the oldest in line of their key, unless another run is under way there. By
-- time: each process takes its numbers from a block of its own, and a lane's next owner may have the older block.
select e.no, (select q.no from run q
    where q.keyhash = e.keyhash and q.ended is null and q.status = 1 and q.no <> e.no order by q.created, q.no limit 1)
from run e where {among e.no} and (select q.no from run q
    where q.keyhash = e.keyhash and q.ended is null and q.status between 2 and 5 and q.no <> e.no limit 1) is null

-- name: pending_events
-- By time, for the same reason.
select no, shop, lane, seq, type, subject, about, source, id, at, recorded, household, priority, codec, key, body
from event where seq is null and priority < 2 and {among lane} and (recorded, no) > (?, ?) order by recorded, no limit ?

-- name: pending_bulk
select no, shop, lane, seq, type, subject, about, source, id, at, recorded, household, priority, codec, key, body
from event where seq is null and priority >= 2 and {among lane} and (recorded, no) > (?, ?) order by recorded, no limit ?

-- name: take_waits
-- Every wait that an event of this list was for takes the first such event.
update wait set event = m.event from (
    select w.run, w.path, min(e.no) as event
    from event e join wait w on w.about = e.about and w.event is null and w.about is not null
        and w.shop = e.shop and w.type = e.type and w.subject = e.subject
    where {among e.no} and e.recorded >= w.since and (w.due is null or e.recorded < w.due) and w.kind = 1
        and e.priority < 3
        and (w.taken is null or w.taken not like '%,' || e.no || ',%')
    group by w.run, w.path
) m where wait.run = m.run and wait.path = m.path and wait.event is null
returning wait.run, wait.path, wait.event

-- name: take_wait [rows]
update wait set event = v.event from {rows v: run int8, path text, event int8}
where wait.run = v.run and wait.path = v.path and wait.event is null
returning wait.run, wait.path, wait.event

-- name: delete_wait [own rows]
delete from wait using {rows v: run int8, path text} where wait.run = v.run and wait.path = v.path

-- name: expire_wait [exact] [own rows]
-- A wait that its event reached first does not expire.
delete from wait using {rows v: run int8, path text}
where wait.run = v.run and wait.path = v.path and wait.event is null

-- name: delete_waits [own rows]
delete from wait using {rows v: run int8} where wait.run = v.run

-- name: edited_skus [rows]
-- Those of the lines as they are, and as they become; '' becomes nothing.
with wanted as (select * from {rows v: shop text, ord text, line text, sku text})
select w.shop, w.sku from wanted w where w.sku <> ''
union select i.shop, i.sku from wanted w join view_item i on i.shop = w.shop and i.ord = w.ord and i.line = w.line

-- name: drop_over_holds
-- What expired. It looks at the row that it deletes and no other: who keeps it meanwhile has kept it.
delete from hold using {rows v: shop text, sku text, now float8}
where v.shop = hold.shop and v.sku = hold.sku and hold.until <= v.now

-- name: drop_brake
delete from brake using {rows v: shop text, scope text, name text}
where brake.shop = v.shop and brake.scope = v.scope and brake.name = v.name

-- name: claim_lanes
-- Free ones and those whose owner let its time run out. Only the server's clock counts: a process that is minutes off
-- neither steals nor keeps. What another takeover, or a batch under way, holds is left to it.
update lane set until = extract(epoch from clock_timestamp()) + ?, owner = ?, epoch = epoch + 1 where lane in (
    select lane from lane where until < extract(epoch from clock_timestamp()) and owner <> ? and {among lane}
    order by lane for update skip locked)
returning lane, epoch

-- name: end_silent
-- An owner that stands still in a batch holds its lanes, whatever its lease: its session is ended, and the batch with it.
-- The server would do so by itself only where the session waits between two statements, not within a COPY.
select pg_terminate_backend(a.pid, 1000) from pg_stat_activity a
where a.datname = current_database() and a.application_name in (
    select 'pawline owner ' || owner from lane
    where owner not in (0, ?) and until < extract(epoch from clock_timestamp()) and {among lane})

-- name: ready_again
-- Their owner died with them: what was in somebody's memory may be driven again.
update run set status = 2, deaths = deaths + 1 where status in (0, 2, 3) and status = 3 and {among lane}

-- name: renew_lanes
update lane set until = extract(epoch from clock_timestamp()) + ? where owner = ? returning lane, epoch

-- name: release_lanes
update lane set owner = 0, until = 0 where owner = ? returning lane

-- name: ready_at_leave
-- An owner that leaves in good order is no death.
update run set status = 2 where status in (0, 2, 3) and status = 3 and {among lane}

-- name: take_numbers
update counter set value = value + ? where name = ? returning value

-- name: durability
-- What the writing connection keeps.
select 'fsync ' || current_setting('fsync'), case when current_setting('synchronous_commit') in ('off', 'local')
    then current_setting('synchronous_commit') else 'full' end

-- name: data_keys
-- Of some households of one shop, the latest generation of each last.
select data_key.no, data_key.shop, data_key.household, data_key.wrapper, data_key.wrapped, data_key.destroyed,
    data_key.generation, before.destroyed
from data_key left join data_key before on before.shop = data_key.shop and before.household = data_key.household
    and before.generation = data_key.generation - 1
where data_key.shop = ? and data_key.household = any(?::text[])
order by data_key.generation
