-- Who was asked by a survey, and who answered; see schema.sql for what the rows mean.

-- name: view_answered [max 2]
insert into invited (shop, household, answered) select v.shop, v.household, v.at
from {rows v: shop text, household text, at float8} where true
on conflict (shop, household) do update set answered = excluded.answered where excluded.answered > invited.answered

-- name: view_answered_about [max 2]
-- By whoever ordered, where that is known by now: a tool on the page after the purchase may name nobody.
insert into invited (shop, household, answered) select v.shop, o.household, max(v.at)
from {rows v: shop text, ord text, at float8} join view_order o on o.shop = v.shop and o.id = v.ord
where o.household is not null group by v.shop, o.household
on conflict (shop, household) do update set answered = excluded.answered where excluded.answered > invited.answered

-- name: claim_turn [exact]
-- From what was seen, or not at all: whoever came in between has it.
insert into invited (shop, household, asked, before, answered, turn)
select v.shop, v.household, v.at, v.before, v.answered, v.turn
from {rows v: shop text, household text, at float8, before float8, answered float8, turn text} where true
on conflict (shop, household) do update set asked = excluded.asked, before = excluded.before, turn = excluded.turn
where invited.asked = excluded.before and invited.answered = excluded.answered

-- name: give_back_turn [last 3]
-- Only the turn that stands there.
update invited set asked = invited.before, turn = '' from {rows v: shop text, household text, turn text}
where invited.shop = v.shop and invited.household = v.household and invited.turn = v.turn

-- name: invited
select asked, answered, turn from invited where shop = ? and household = ?

-- name: forget_invited
delete from invited where (shop, household) in (select v.shop, v.household from {rows v: shop text, household text})
