-- What SQLite says in its own way.

-- name: stale_lanes [rows]
-- One process writes this file, so reading is enough.
select v.lane, v.epoch from {rows v: lane int2, epoch int8, owner int8}
left join lane on lane.lane = v.lane and lane.epoch = v.epoch and lane.owner = v.owner where lane.lane is null

-- name: gone_keys [rows]
select data_key.no from {rows v: no int8} join data_key on data_key.no = v.no where data_key.destroyed is not null

-- name: busy_keys
-- Of these keys. NEW runs are not admitted to their key yet: they keep nobody waiting. One look each, however long a line.
select value from json_each(?) where exists (
    select 1 from run where run.keyhash = value and run.ended is null and run.status <> 0)

-- name: heirs
-- For runs that ended or let others pass: the oldest in line of their key, unless another run is under way there.
select e.no, (select min(q.no) from run q
    where q.keyhash = e.keyhash and q.ended is null and q.status = 1 and q.no <> e.no)
from run e where {among e.no} and not exists (
    select 1 from run q where q.keyhash = e.keyhash and q.ended is null and q.status between 2 and 5 and q.no <> e.no)

-- name: pending_events
-- One process at a time gives the numbers: they tell the order, even where the clock was put back.
select no, shop, lane, seq, type, subject, about, source, id, at, recorded, household, priority, codec, key, body
from event where seq is null and priority < 2 and {among lane} and ? is not null and no > ? order by no limit ?

-- name: pending_bulk
select no, shop, lane, seq, type, subject, about, source, id, at, recorded, household, priority, codec, key, body
from event where seq is null and priority >= 2 and {among lane} and ? is not null and no > ? order by no limit ?

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
returning run, path, event

-- name: take_wait [rows]
update wait set event = v.event from {rows v: run int8, path text, event int8}
where wait.run = v.run and wait.path = v.path and wait.event is null
returning run, path, event

-- name: delete_wait [own rows]
delete from wait where (run, path) in (select v.run, v.path from {rows v: run int8, path text})

-- name: expire_wait [exact] [own rows]
-- A wait that its event reached first does not expire.
delete from wait where event is null and (run, path) in (select v.run, v.path from {rows v: run int8, path text})

-- name: delete_waits [own rows]
delete from wait where run in (select v.run from {rows v: run int8})

-- name: edited_skus [rows]
-- No trigger waits for a turn here.
select v.shop, v.sku from {rows v: shop text, ord text, line text, sku text} where false

-- name: drop_over_holds
-- What expired.
delete from hold where rowid in (
    select h.rowid from {rows v: shop text, sku text, now float8}
    join hold h on h.shop = v.shop and h.sku = v.sku and h.until <= v.now)

-- name: drop_brake
delete from brake where (shop, scope, name) in (
    select v.shop, v.scope, v.name from {rows v: shop text, scope text, name text})

-- name: claim_lanes
-- Whoever holds the file holds it alone: every lane that is not ours by now is free, whatever the time.
update lane set until = (julianday('now') - 2440587.5) * 86400.0 + ?, owner = ?, epoch = epoch + 1
where owner <> ? and {among lane} returning lane, epoch

-- name: end_silent
-- There is no other process.
select lane from lane where false and owner <> ? and {among lane}

-- name: ready_again
-- Their owner died with them: what was in somebody's memory may be driven again.
update run set status = 2, deaths = deaths + 1 where status in (0, 2, 3) and status = 3 and {among lane}

-- name: renew_lanes
update lane set until = (julianday('now') - 2440587.5) * 86400.0 + ? where owner = ? returning lane, epoch

-- name: release_lanes
update lane set owner = 0, until = 0 where owner = ? returning lane

-- name: ready_at_leave
-- An owner that leaves in good order is no death.
update run set status = 2 where status in (0, 2, 3) and status = 3 and {among lane}

-- name: take_numbers
update counter set value = value + ? where name = ? returning value

-- name: durability
-- What the writing connection keeps: 2 is FULL.
select journal_mode, case synchronous when 2 then 'full' else 'level ' || synchronous end
from pragma_journal_mode, pragma_synchronous

-- name: data_keys
-- Of some households of one shop, the latest generation of each last.
select data_key.no, data_key.shop, data_key.household, data_key.wrapper, data_key.wrapped, data_key.destroyed,
    data_key.generation, before.destroyed
from data_key left join data_key before on before.shop = data_key.shop and before.household = data_key.household
    and before.generation = data_key.generation - 1
where data_key.shop = ? and data_key.household in (select value from json_each(?))
order by data_key.generation
