-- Alarms: what was found, who was told; see schema.sql. And what the rules look at.

-- name: open_alarm
-- Whoever is first has found it; the others see it.
insert into alarm (no, shop, rule, subject, severity, team, since, opened, seen, facts, due, tries, times, missed, reached)
select v.no, v.shop, v.rule, v.subject, v.severity, v.team, v.since, v.at, v.at, v.facts, v.at, 0, 0, '[]', '{}'
from {rows v: no int8, shop text, rule text, subject text, severity text, team text, since float8, at float8, facts text}
where true on conflict (rule, subject) where closed is null do nothing

-- name: see_alarm
update alarm set seen = v.at, facts = v.facts from {rows v: no int8, at float8, facts text}
where alarm.no = v.no and alarm.closed is null and alarm.seen <= v.at

-- name: claim_alarm [exact]
-- Whoever moves it on sends the message. Who dies over it leaves it due again.
update alarm set due = v.until from {rows v: no int8, due float8, until float8}
where alarm.no = v.no and alarm.due = v.due

-- name: tell_alarm
-- Once more, unless somebody has taken it, or it is over, meanwhile.
update alarm set told = v.at, times = alarm.times + 1, tries = v.tries, missed = v.missed, reached = v.reached,
    due = case when alarm.closed is not null then v.at when alarm.acknowledged is null then v.due end
from {rows v: no int8, at float8, tries int4, missed text, reached text, due float8} where alarm.no = v.no

-- name: put_off_alarm
-- Nobody was reached, or not yet.
update alarm set tries = v.tries, missed = v.missed, due = v.due
from {rows v: no int8, claimed float8, tries int4, missed text, due float8}
where alarm.no = v.no and alarm.due = v.claimed

-- name: close_alarm
-- Those who were told hear that it is over.
update alarm set closed = v.at, tries = 0, missed = '[]', due = case when alarm.reached <> '{}' then v.at end
from {rows v: no int8, at float8} where alarm.no = v.no and alarm.closed is null

-- name: end_alarm
-- They have heard it.
update alarm set due = null, missed = v.missed from {rows v: no int8, missed text}
where alarm.no = v.no and alarm.closed is not null

-- name: acknowledge_alarm [exact]
update alarm set acknowledged = v.at, acknowledged_by = v.by, due = null from {rows v: no int8, at float8, by text}
where alarm.no = v.no and alarm.closed is null and alarm.acknowledged is null

-- name: alarms_open
-- In any order. And those that are over, which somebody is still to be told.
select no, shop, rule, subject, severity, team, since, opened, seen, facts, due, tries, told, times, missed, reached,
    acknowledged, acknowledged_by, closed
from alarm where closed is null
union all
select no, shop, rule, subject, severity, team, since, opened, seen, facts, due, tries, told, times, missed, reached,
    acknowledged, acknowledged_by, closed
from alarm where closed is not null and due is not null

-- name: alarms_page
-- The newest first, open or not.
select no, shop, rule, subject, severity, team, since, opened, seen, facts, due, tries, told, times, missed, reached,
    acknowledged, acknowledged_by, closed
from alarm order by no desc limit ?

-- name: alarm
select no, shop, rule, subject, severity, team, since, opened, seen, facts, due, tries, told, times, missed, reached,
    acknowledged, acknowledged_by, closed
from alarm where no = ?

-- name: last_order
select max(placed) from view_order where shop = ? and placed <= ?

-- name: first_order
select min(placed) from view_order where shop = ?

-- name: orders_between
select count(*) from view_order where shop = ? and placed > ? and placed <= ?

-- name: lanes_pending
-- Events that nobody dispatched, bulk left out: since when, and how many.
select lane, min(recorded), count(*) from event where seq is null and priority < 2 group by lane order by lane

-- name: deliveries_late
-- Webhooks that came before a moment and are not taken apart: since when, and how many.
select min(at), count(*) from delivery where at < ?

-- name: runs_slow
-- By flow: runs that are neither ended, parked, in line nor asleep of their own will, and are older than a moment.
-- `coalesce`: else SQLite looks through everything that is ever due, carts and all.
select shop, flow, min(no), min(created), count(*) from (
    select no, shop, flow, created from run where status in (0, 2, 3)
    union all
    select r.no, r.shop, r.flow, r.created from run r where r.status = 4 and r.no in (
        select w.run from wait w where w.kind = 3 and coalesce(w.due, -1.0) >= 0.0)
) old where created < ? group by shop, flow order by shop, flow
