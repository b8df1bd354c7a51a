-- What changes rows. One form for both dialects; rows in, a count out (see statements.py for the marks in brackets).
--   [exact]    each row given must change exactly one row, else the unit fails with Conflict
--   [own rows] statements of one table keep their order only per first parameter (a run), so that units can be joined
--   [last n], [max n], [sum n]  rows of one batch with the same first n parameters become one: the last, the one with
--              the greatest next parameter, or the sum of the rest

-- name: insert_fact
-- A digest that somebody else recorded meanwhile does not count: the batch is then decided anew.
insert into fact (digest, event) select v.digest, v.event from {rows v: digest bytea, event int8} where true
on conflict (digest) do nothing

-- name: insert_event
insert into event (no, shop, lane, seq, type, subject, about, source, id, at, recorded, household, priority, codec, key, body)
{append: int8 text int2 int8 text text int8 text text float8 float8 text int2 int2 int8 bytea}

-- name: set_seq [exact]
-- The order within the lane, once.
update event set seq = v.seq from {rows v: no int8, lane int2, seq int8}
where event.no = v.no and event.lane = v.lane and event.seq is null

-- name: set_next_seq [exact]
update lane set next_seq = v.seq from {rows v: lane int2, seq int8} where lane.lane = v.lane

-- name: insert_run
insert into run (no, shop, lane, flow, version, run_key, keyhash, event, generation, priority, status, deaths, records,
    created, ended, household, codec, key, outcome)
{append: int8 text int2 text int4 text int8 int8 int4 int2 int2 int4 int4 float8 float8 text int2 int8 bytea}

-- name: admit_run [exact]
-- What becomes of a run that another lane's owner made.
update run set status = v.status, ended = v.ended from {rows v: no int8, status int2, ended float8}
where run.no = v.no and run.status = 0

-- name: supersede
-- A newer one of the key takes the place of those that did not start.
update run set status = 9, ended = v.ended from {rows v: keyhash int8, ended float8}
where run.keyhash = v.keyhash and run.ended is null and run.status = 1

-- name: move_run [exact]
-- `allowed` has a bit for each status from which this change may leave.
update run set status = v.status, deaths = v.deaths, records = v.records, ended = v.ended, codec = v.codec, key = v.key,
    outcome = v.outcome
from {rows v: no int8, allowed int4, status int2, deaths int4, records int4, ended float8, codec int2, key int8,
    outcome bytea}
where run.no = v.no and ((v.allowed >> run.status) & 1) = 1

-- name: start_heir [exact]
update run set status = 2 from {rows v: no int8} where run.no = v.no and run.status = 1

-- name: let_pass [exact]
-- An operator lets the next of the key pass; this run keeps its history and loses its key.
update run set keyhash = null from {rows v: no int8} where run.no = v.no and run.ended is null

-- name: insert_journal
insert into journal (run, seq, codec, key, body) {append: int8 int4 int2 int8 bytea}

-- name: insert_wait [own rows]
insert into wait (run, path, lane, kind, about, shop, type, subject, since, due, event, looked, taken)
{append: int8 text int2 int2 int8 text text text float8 float8 int8 int2 text}

-- name: looked
update wait set looked = 1 from {rows v: run int8, path text} where wait.run = v.run and wait.path = v.path

-- name: insert_case
insert into inquiry (no, shop, lane, run, path, kind, title, fingerprint, team, state, opened, until, household, codec,
    key, body, answer, answered_by, answered)
{append: int8 text int2 int8 text text text text text text float8 float8 text int2 int8 bytea bytea text float8}

-- name: answer_case [exact]
update inquiry set state = 'answered', answer = v.answer, answered_by = v.by, answered = v.at
from {rows v: no int8, answer bytea, by text, at float8} where inquiry.no = v.no and inquiry.state = 'open'

-- name: end_case [exact]
-- To 'expired' or 'closed' without an answer.
update inquiry set state = v.state, answered = v.at from {rows v: no int8, state text, at float8}
where inquiry.no = v.no and inquiry.state = 'open'

-- name: close_cases_of
-- Not those about an account or a cap: the brake is still on, whatever becomes of the run that met it.
update inquiry set state = 'closed', answered = v.at from {rows v: run int8, at float8}
where inquiry.run = v.run and inquiry.state = 'open' and inquiry.kind not in ('unauthorised', 'cap')

-- name: close_cases_at
-- Of one step; a case of another step still decides how that one goes on.
update inquiry set state = 'closed', answered = v.at from {rows v: run int8, path text, at float8}
where inquiry.run = v.run and inquiry.path = v.path and inquiry.state = 'open'
and inquiry.kind not in ('unauthorised', 'cap')

-- name: insert_command
insert into command (no, shop, lane, action, target, by, reason, at, body, state, result)
{append: int8 text int2 text text text text float8 bytea text text}

-- name: finish_command [exact]
update command set state = v.state, result = v.result from {rows v: no int8, state text, result text}
where command.no = v.no and command.state = 'pending'

-- name: readdress_command [exact]
-- To the owner of what it is about.
update command set lane = v.lane from {rows v: no int8, old int2, lane int2}
where command.no = v.no and command.lane = v.old and command.state = 'pending'

-- name: insert_link [last 4]
insert into link (shop, account, kind, ours, theirs)
select v.shop, v.account, v.kind, v.ours, v.theirs
from {rows v: shop text, account text, kind text, ours text, theirs text} where true
on conflict (shop, account, kind, ours) do update set theirs = excluded.theirs

-- name: unlink_theirs
-- It is another's by now: each has one of a kind.
delete from link where (shop, account, kind, theirs) in (
    select v.shop, v.account, v.kind, v.theirs from {rows v: shop text, account text, kind text, theirs text}
)

-- name: drop_link
delete from link where (shop, account, kind, ours) in (
    select v.shop, v.account, v.kind, v.ours from {rows v: shop text, account text, kind text, ours text}
)

-- name: forget_link
-- Of a household that is erased: what accounts call it, and where it was erased before.
delete from link where kind in ('household', 'kept out')
and (shop, ours) in (select v.shop, v.household from {rows v: shop text, household text})

-- name: insert_handover
insert into handover (shop, flow, at, mode) select v.shop, v.flow, v.at, v.mode
from {rows v: shop text, flow text, at float8, mode text} where true

-- name: forget_case
-- Of a household that is erased: what is open and no run waits for.
update inquiry set state = 'closed', household = null from {rows v: shop text, household text}
where inquiry.shop = v.shop and inquiry.household = v.household and inquiry.run is null and inquiry.state = 'open'

-- name: drop_handovers
-- What was planned from a moment on and has not begun.
delete from handover where exists (select 1 from {rows v: shop text, flow text, at float8}
    where v.shop = handover.shop and v.flow = handover.flow and v.at <= handover.at)

-- name: set_mode [last 3]
insert into mode (shop, flow, account, mode, watermark) select v.shop, v.flow, v.account, v.mode, v.watermark
from {rows v: shop text, flow text, account text, mode text, watermark float8} where true
on conflict (shop, flow, account) do update set mode = excluded.mode, watermark = excluded.watermark

-- name: set_brake [last 3]
insert into brake (shop, scope, name, by, at, reason) select v.shop, v.scope, v.name, v.by, v.at, v.reason
from {rows v: shop text, scope text, name text, by text, at float8, reason text} where true
on conflict (shop, scope, name) do update set by = excluded.by, at = excluded.at, reason = excluded.reason

-- name: spend [sum 6]
insert into spent (shop, flow, kind, person, hour, owner, n)
select v.shop, v.flow, v.kind, v.person, v.hour, v.owner, v.n
from {rows v: shop text, flow text, kind text, person text, hour int8, owner int8, n int8} where true
on conflict (shop, flow, kind, person, hour, owner) do update set n = spent.n + excluded.n

-- name: set_schedule [last 2]
insert into schedule (shop, name, due) select v.shop, v.name, v.due
from {rows v: shop text, name text, due float8} where true
on conflict (shop, name) do update set due = excluded.due

-- name: set_checkpoint [last 3]
insert into checkpoint (shop, account, name, cursor, at) select v.shop, v.account, v.name, v.cursor, v.at
from {rows v: shop text, account text, name text, cursor text, at float8} where true
on conflict (shop, account, name) do update set cursor = excluded.cursor, at = excluded.at

-- name: set_cursor [last 2]
insert into view_cursor (name, lane, seq) select v.name, v.lane, v.seq from {rows v: name text, lane int2, seq int8}
where true on conflict (name, lane) do update set seq = excluded.seq

-- name: insert_delivery
insert into delivery (no, lane, shop, account, at, key, body) {append: int8 int2 text text float8 int8 bytea}

-- name: drop_delivery
delete from delivery where no in (select v.no from {rows v: no int8})

-- name: insert_data_key [exact] [last 3]
-- Repeating one's own key is nothing; a different key for the same household and generation is a Conflict.
insert into data_key (no, shop, household, wrapper, wrapped, generation)
select v.no, v.shop, v.household, v.wrapper, v.wrapped, v.generation
from {rows v: no int8, shop text, household text, wrapper text, wrapped bytea, generation int4} where true
on conflict (shop, household, generation) do update set no = excluded.no where data_key.no = excluded.no

-- name: rewrap_data_key [exact]
update data_key set wrapper = v.wrapper, wrapped = v.wrapped
from {rows v: no int8, old text, wrapper text, wrapped bytea}
where data_key.no = v.no and data_key.wrapper = v.old and data_key.destroyed is null

-- name: destroy_data_key [last 3]
-- A generation that had no key gets a destroyed one: whoever makes it just now meets that, and can seal nothing for it.
insert into data_key (no, shop, household, wrapper, wrapped, destroyed, generation)
select v.no, v.shop, v.household, '', null, v.at, v.generation
from {rows v: no int8, shop text, household text, at float8, generation int4} where true
on conflict (shop, household, generation) do update set wrapped = null, destroyed = coalesce(data_key.destroyed, excluded.destroyed)

-- name: insert_erasure [last 2]
insert into erasure (shop, household, at) select v.shop, v.household, v.at
from {rows v: shop text, household text, at float8} where true 
on conflict (shop, household) do update set at = excluded.at where erasure.at < excluded.at

-- name: insert_audit
-- Number and hash are given by the writer (audit.py): a unit names ('insert_audit', (shop, at, by, action, target, detail)).
insert into audit (no, shop, at, by, action, target, detail, hash)
{append: int8 text float8 text text text text bytea}

-- name: set_meta
insert into meta (name, value) select v.name, v.value from {rows v: name text, value text} where true
on conflict (name) do update set value = excluded.value

-- name: name_hub
-- Whose store it is, for good: of processes that start at once one says it.
insert into meta (name, value) select v.name, v.value from {rows v: name text, value text} where true
on conflict (name) do nothing

-- name: insert_counter
insert into counter (name, value) {append: text int8}

-- name: insert_lane
insert into lane (lane, owner, epoch, until, next_seq) {append: int2 int8 int8 float8 int8}

-- name: wake_held
-- A brake is off: what waited behind it looks again.
update wait set due = v.at from {rows v: at float8, shop text}
where wait.kind = 3 and wait.due is null and wait.shop = v.shop

-- name: expire_cases_of
-- The deadline of a question passed.
update inquiry set state = 'expired', answered = v.at from {rows v: run int8, path text, at float8}
where inquiry.run = v.run and inquiry.path = v.path and inquiry.state = 'open'

-- name: cancel_queued [exact]
-- A run that did not start yet is cancelled without being driven.
update run set status = 8, ended = v.at from {rows v: no int8, at float8} where run.no = v.no and run.status = 1
