-- What keeps the store small and tells how it is: retention and the doctor's questions. Codec 9 marks a purged body.

-- name: runs_window
select no, ended, codec from run where no > ? order by no limit ?

-- name: events_window
select no, seq, recorded, codec, type from event where no > ? order by no limit ?

-- name: old_unfinished
-- Which events unfinished runs began with; a page.
select no, event from run where ended is null and no > ? order by no limit ?

-- name: needed_events
-- Of these, what waits still take, and what runs made since the purge looked began with.
select e.no from event e join wait w on w.about = e.about and w.event is null and w.about is not null
where {among e.no}
union select event from wait where event is not null and {among event}
union select event from run where no > ? and ended is null and {among event}

-- name: told_anew
-- Of these, those after which the same type was told of the same subject once more.
select e.no from event e join event n on n.about = e.about and n.shop = e.shop and n.type = e.type
    and n.subject = e.subject and n.codec <> 9 and (n.at > e.at or (n.at = e.at and n.no > e.no))
where {among e.no}

-- name: cases_window
select no, state, answered, codec from inquiry where no > ? order by no limit ?

-- name: commands_window
select no, state, at, length(body) from command where no > ? order by no limit ?

-- name: facts_window
-- Digests with the time of their event; null where the event is gone.
select f.digest, e.recorded from (select digest, event from fact where digest > ? order by digest limit ?) f
left join event e on e.no = f.event order by f.digest

-- name: alarms_window
-- Those that are over, and of which nobody is to be told any more.
select no, case when due is null then closed end from alarm where no > ? order by no limit ?

-- name: purge_alarm
delete from alarm where no in (select v.no from {rows v: no int8})

-- name: over_holds
-- A page of holds whose orders left or ended: their lines say what they take.
select h.shop, h.ord, h.sku from hold h join view_order o on o.shop = h.shop and o.id = h.ord
where h.made < ? and o.placed is not null and coalesce(o.sent, o.ended) is not null limit ?

-- name: purge_hold
delete from hold where (shop, ord, sku) in (select v.shop, v.ord, v.sku from {rows v: shop text, ord text, sku text})

-- name: purge_journal
delete from journal where run in (select v.run from {rows v: run int8})

-- name: purge_run
-- The row stays: who did what, when, and how it ended.
update run set codec = 9, key = null, outcome = null from {rows v: no int8} where run.no = v.no and run.ended is not null

-- name: purge_event
update event set codec = 9, key = null, body = v.body from {rows v: no int8, body bytea}
where event.no = v.no and event.seq is not null

-- name: purge_case
update inquiry set codec = 9, key = null, body = v.body, answer = null from {rows v: no int8, body bytea}
where inquiry.no = v.no and inquiry.state <> 'open'

-- name: purge_command
update command set body = v.body from {rows v: no int8, body bytea} where command.no = v.no and command.state <> 'pending'

-- name: purge_fact
delete from fact where digest in (select v.digest from {rows v: digest bytea})

-- name: release_lanes_of_all
-- After a restore nobody who owned a lane is alive.
update lane set owner = 0, until = 0

-- name: oldest_unfinished
-- The doctor: unfinished runs and since when.
select no, shop, flow, version, status, created from run where ended is null order by created, no limit ?

-- name: oldest_undispatched
select no, shop, lane, type, recorded from event where seq is null order by no limit ?

-- name: latest_recorded
-- The newest time among the newest events: one process gave all their numbers, in order.
select coalesce(max(newest.recorded), 0.0)
from (select recorded from event order by no desc limit 1000) newest

-- name: runs_of_event
-- For a replay on purpose, which is a new generation.
select no, flow, generation, status from run where event = ? order by no

-- name: wake_all_held
-- The main switch is on: what waits behind a brake looks again.
update wait set due = v.at from {rows v: at float8} where wait.kind = 3 and wait.due is null
