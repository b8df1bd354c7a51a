-- What only looks. `{among column}` takes one parameter, a list of numbers; every other parameter is a question mark.

-- name: known_facts [rows]
select fact.digest, fact.event from {rows v: digest bytea} join fact on fact.digest = v.digest

-- name: fact
select event from fact where digest = ?

-- name: next_seqs
select lane, next_seq from lane where {among lane}

-- name: new_keys
select no, keyhash from run where status = 0 and {among no}

-- name: fitting_events [rows]
-- For each wait the oldest event that was recorded in its time and that its run has not had.
select f.run, f.path, f.event from (
    select w.run, w.path, (
        select e.no from event e
        where e.about = w.about and e.shop = w.shop and e.type = w.type and e.subject = w.subject
            and e.recorded >= v.since and (w.due is null or e.recorded < w.due)
            and v.taken not like '%,' || e.no || ',%' and e.codec <> 9 and e.priority < 3
        order by e.recorded, e.no limit 1
    ) as event
    from {rows v: run int8, path text, since float8, taken text} join wait w on w.run = v.run and w.path = v.path
    where w.event is null
) f where f.event is not null

-- name: first_heard
-- When the first event came that was not history.
select min(recorded) from event where shop = ? and priority < 3 having count(*) > 0

-- name: events
select no, shop, lane, seq, type, subject, about, source, id, at, recorded, household, priority, codec, key, body
from event where {among no} order by no

-- name: events_after
-- For views: what their cursor has not seen.
select no, shop, lane, seq, type, subject, about, source, id, at, recorded, household, priority, codec, key, body
from event where lane = ? and seq > ? and seq is not null order by seq limit ?

-- name: happened_after
-- For listeners: the same, without what they say.
select no, shop, lane, seq, type, at, household, priority from event where lane = ? and seq > ? and seq is not null
order by seq limit ?

-- name: happened_between
-- What was recorded in a span, a page in order of its numbers, without what it says.
select no, shop, lane, seq, type, at, household, priority from event
where shop = ? and recorded >= ? and recorded < ? and no > ? and seq is not null order by no limit ?

-- name: unheard
-- What a cursor has not seen: how many of each type, and since when.
select e.type, count(*), min(e.recorded) from view_cursor c join event e on e.lane = c.lane and e.seq > c.seq
where c.name = ? and e.shop = ? and e.priority < 3 and e.seq is not null group by e.type

-- name: unfinished_of
-- Runs of a flow whose keys begin with a text of that length.
select count(*), min(created) from run where ended is null and shop = ? and flow = ? and substr(run_key, 1, ?) = ?

-- name: events_about
-- A page, newest first, of one (shop, type, subject).
select no, shop, lane, seq, type, subject, about, source, id, at, recorded, household, priority, codec, key, body
from event where about = ? and shop = ? and type = ? and subject = ? and no < ? order by no desc limit ?

-- name: events_of_household
-- A page, newest first, of all that belongs to somebody's key. It reads the whole table: for whoever asked what is known.
select no, shop, lane, seq, type, subject, about, source, id, at, recorded, household, priority, codec, key, body
from event where shop = ? and household = ? and no < ? order by no desc limit ?

-- name: count_about
-- How many there are of one (shop, type, subject).
select count(*) from event where about = ? and shop = ? and type = ? and subject = ?

-- name: events_page
-- A page, newest first; type '' stands for any.
select no, shop, lane, seq, type, subject, about, source, id, at, recorded, household, priority, codec, key, body
from event where shop = ? and ? in ('', type) and no < ? order by no desc limit ?

-- name: runs
select no, shop, lane, flow, version, run_key, keyhash, event, generation, priority, status, deaths, records, created,
    ended, household, codec, key, outcome
from run where {among no} order by no

-- name: ready_runs
select no, shop, lane, flow, version, run_key, keyhash, event, generation, priority, status, deaths, records, created,
    ended, household, codec, key, outcome
from run where status in (0, 2, 3) and status <> 3 and {among lane} and priority <= ? and (priority, no) > (?, ?)
order by priority, no limit ?

-- name: new_runs
-- What other lanes' owners made for us, in the order in which they made it.
select no, shop, lane, flow, version, run_key, keyhash, event, generation, priority, status, deaths, records, created,
    ended, household, codec, key, outcome
from run where status = 0 and {among lane} and (created, no) > (?, ?) order by created, no limit ?

-- name: runs_page
-- A page, newest first; flow '' and status -1 stand for any.
select no, shop, lane, flow, version, run_key, keyhash, event, generation, priority, status, deaths, records, created,
    ended, household, codec, key, outcome
from run where shop = ? and ? in ('', flow) and ? in (-1, status) and no < ? order by no desc limit ?

-- name: runs_between
-- Those of a flow that were made in a span, newest number first: numbers of several processes are no order in time.
select no, shop, lane, flow, version, run_key, keyhash, event, generation, priority, status, deaths, records, created,
    ended, household, codec, key, outcome
from run where shop = ? and flow = ? and created >= ? and created < ? and no < ? order by no desc limit ?

-- name: subjects_between
-- What events of a type that were recorded in a span are about.
select distinct subject from event where shop = ? and type = ? and recorded >= ? and recorded < ? order by subject

-- name: events_on
-- Events by what they are about, and the run of a flow that each began (null: none).
select e.subject, r.no from event e left join run r on r.event = e.no and r.flow = ?
where {among e.about} order by e.subject, r.no

-- name: runs_of_key
-- Unfinished ones of one key: the one under way and those in line.
select no, shop, lane, flow, version, run_key, keyhash, event, generation, priority, status, deaths, records, created,
    ended, household, codec, key, outcome
from run where keyhash = ? and ended is null order by no

-- name: runs_of_household
-- Unfinished ones, for an erasure.
select no, shop, lane, flow, version, run_key, keyhash, event, generation, priority, status, deaths, records, created,
    ended, household, codec, key, outcome
from run where ended is null and shop = ? and household = ? order by no

-- name: begun_since
-- Types of what a household's events of later than that are, where they are not dispatched yet or a run of theirs goes on.
select e.type from run r join event e on e.no = r.event
where r.ended is null and r.shop = ? and r.household = ? and e.recorded > ?
union select type from event where seq is null and shop = ? and household = ? and recorded > ?

-- name: run_counts
-- Unfinished runs, by flow and status.
select flow, status, count(*) from run where ended is null and shop = ? group by flow, status order by flow, status

-- name: unfinished_versions
select flow, version, count(*) from run where ended is null group by flow, version order by flow, version

-- name: journals
select run, seq, codec, key, body from journal where {among run} order by run, seq

-- name: waits
select run, path, lane, kind, about, shop, type, subject, since, due, event, looked, taken
from wait where {among run} order by run, path

-- name: due_waits
select run, path, lane, kind, about, shop, type, subject, since, due, event, looked, taken
from wait where due is not null and due <= ? and event is null and {among lane} and (due, run) > (?, ?)
order by due, run limit ?

-- name: taken_waits
select run, path, lane, kind, about, shop, type, subject, since, due, event, looked, taken
from wait where event is not null and {among lane} and (run, path) > (?, ?) order by run, path limit ?

-- name: unlooked
select run, path, lane, kind, about, shop, type, subject, since, due, event, looked, taken
from wait where looked = 0 and about is not null and event is null and {among lane} order by run limit ?

-- name: pending_commands
select no, shop, lane, action, target, by, reason, at, body, state, result
from command where state = 'pending' and {among lane} order by no limit ?

-- name: pending_brakes
select no, shop, lane, action, target, by, reason, at, body, state, result
from command where state = 'pending' and action in ('stop', 'go_on', 'mode') and {among lane} order by no limit ?

-- name: command
select no, shop, lane, action, target, by, reason, at, body, state, result from command where no = ?

-- name: open_cases
-- A page, oldest first.
select no, shop, lane, run, path, kind, title, fingerprint, team, state, opened, until, household, codec, key, body,
    answer, answered_by, answered
from inquiry where state = 'open' and shop = ? and no > ? order by no limit ?

-- name: open_questions
-- What is asked of people and still open, oldest first, without what is asked.
select no, team from inquiry where state = 'open' and kind = 'ask' and shop = ? and no > ? order by no limit ?

-- name: case
select no, shop, lane, run, path, kind, title, fingerprint, team, state, opened, until, household, codec, key, body,
    answer, answered_by, answered
from inquiry where no = ?

-- name: cases_of
-- Open ones of a run.
select no, shop, lane, run, path, kind, title, fingerprint, team, state, opened, until, household, codec, key, body,
    answer, answered_by, answered
from inquiry where state = 'open' and run = ? order by no

-- name: case_groups
-- Open cases of a shop by cause, the largest first: how many, and the oldest of them.
select fingerprint, kind, team, count(*), min(no), min(opened) from inquiry where state = 'open' and shop = ?
group by fingerprint, kind, team order by count(*) desc, min(no) limit ?

-- name: cases_like
-- A page of a shop's open cases of one cause, oldest first.
select no, run, path from inquiry where state = 'open' and shop = ? and fingerprint = ? and no > ? order by no limit ?

-- name: modes
select shop, flow, account, mode, watermark from mode order by shop, flow, account

-- name: handovers
select shop, flow, at, mode from handover order by shop, flow, at

-- name: brakes
select shop, scope, name, by, at, reason from brake order by shop, scope, name

-- name: spent
-- By everybody, from an hour on; person '' stands for nobody in particular.
select cast(coalesce(sum(n), 0) as bigint) from spent where shop = ? and flow = ? and kind = ? and person = ? and hour >= ?

-- name: spent_by_others
select shop, flow, kind, person, hour, cast(sum(n) as bigint) from spent where hour >= ? and owner <> ?
group by shop, flow, kind, person, hour order by shop, flow, kind, person, hour

-- name: theirs
select theirs from link where shop = ? and account = ? and kind = ? and ours = ?

-- name: ours
select ours from link where shop = ? and account = ? and kind = ? and theirs = ?

-- name: links_of
-- Of one of ours, in every account.
select account, theirs from link where shop = ? and kind = ? and ours = ? order by account

-- name: schedules
select shop, name, due from schedule order by shop, name

-- name: delivery_numbers
-- Behind a number, of these lanes or from before a moment, in the order in which they came; with their size.
select no, length(body) from delivery where no > ? and ({among lane} or at < ?) order by no limit ?

-- name: deliveries
select no, shop, account, at, key, body from delivery where {among no} order by no

-- name: deliveries_of
-- Of a shop, whoever has waited longest first.
select no from delivery where shop = ? order by at, no limit ?

-- name: deliveries_waiting
select count(*), min(at) from delivery

-- name: checkpoint
select cursor, at from checkpoint where shop = ? and account = ? and name = ?

-- name: checkpoints
select name from checkpoint where shop = ? and account = ? order by name

-- name: cursors
select lane, seq from view_cursor where name = ? order by lane

-- name: data_keys_by_no
-- With when the generation before was destroyed.
select data_key.no, data_key.shop, data_key.household, data_key.wrapper, data_key.wrapped, data_key.destroyed,
    data_key.generation, before.destroyed
from data_key left join data_key before on before.shop = data_key.shop and before.household = data_key.household
    and before.generation = data_key.generation - 1
where {among data_key.no}

-- name: data_keys_wrapped_by_others
-- For a change of the key-encryption key.
select no, shop, household, wrapper, wrapped, destroyed from data_key
where wrapper <> ? and destroyed is null and no > ? order by no limit ?

-- name: erasures
select shop, household, at from erasure order by shop, household

-- name: erasures_since
select shop, household, at from erasure where at > ? order by at

-- name: audit_page
-- In the order of the chain.
select no, shop, at, by, action, target, detail, hash from audit where no > ? order by no limit ?

-- name: last_audit
select no, hash from audit order by no desc limit 1

-- name: lanes
select lane, owner, epoch, until from lane order by lane

-- name: meta
select name, value from meta order by name
