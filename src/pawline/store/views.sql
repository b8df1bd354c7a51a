-- The views' own statements; see schema.sql for what the rows mean. Every one may be applied again: a rebuild does.

-- name: view_placed [last 2]
insert into view_order (shop, id, household, number, placed, channel, adopted, currency, total)
select v.shop, v.id, v.household, v.number, v.placed, v.channel, v.adopted, v.currency, v.total
from {rows v: shop text, id text, household text, number text, placed float8, channel text, adopted int2, currency text,
    total int8} where true
on conflict (shop, id) do update set household = excluded.household, number = excluded.number, placed = excluded.placed,
    channel = excluded.channel, adopted = excluded.adopted, currency = excluded.currency, total = excluded.total

-- name: view_paid [last 2]
insert into view_order (shop, id, paid) select v.shop, v.id, v.at from {rows v: shop text, id text, at float8} where true
on conflict (shop, id) do update set paid = excluded.paid

-- name: view_sent [max 2]
-- The last of its parcels.
insert into view_order (shop, id, sent) select v.shop, v.id, v.at from {rows v: shop text, id text, at float8} where true
on conflict (shop, id) do update set sent = excluded.sent where view_order.sent is null or excluded.sent > view_order.sent

-- name: view_delivered [max 2]
insert into view_order (shop, id, delivered)
select v.shop, v.id, v.at from {rows v: shop text, id text, at float8} where true
on conflict (shop, id) do update set delivered = excluded.delivered
where view_order.delivered is null or excluded.delivered > view_order.delivered

-- name: view_ended [max 2]
-- Cancelled or refused; where both were told, the later.
insert into view_order (shop, id, ended) select v.shop, v.id, v.at from {rows v: shop text, id text, at float8} where true
on conflict (shop, id) do update set ended = excluded.ended
where view_order.ended is null or excluded.ended > view_order.ended

-- name: view_edited [max 3]
-- Before the line itself. Of two edits of one moment the last to arrive counts: nothing else says which it was.
insert into view_edit (shop, ord, line, at) select v.shop, v.ord, v.line, v.at
from {rows v: shop text, ord text, line text, at float8} where true
on conflict (shop, ord, line) do update set at = excluded.at where excluded.at > view_edit.at

-- name: view_line_out
-- Not by what is older than the line's newest edit.
delete from view_item where (shop, ord, line) in (select v.shop, v.ord, v.line
from {rows v: shop text, ord text, line text, at float8} where not exists (
    select 1 from view_edit e where e.shop = v.shop and e.ord = v.ord and e.line = v.line and e.at > v.at))

-- name: view_line [max 4]
-- `at`: of the edit, 0 as placed. Not what is older than the line's newest edit.
insert into view_item (shop, ord, line, sku, quantity, placed)
select v.shop, v.ord, v.line, v.sku, v.quantity, v.placed
from {rows v: shop text, ord text, line text, sku text, at float8, quantity int8, placed float8} where not exists (
    select 1 from view_edit e where e.shop = v.shop and e.ord = v.ord and e.line = v.line and e.at > v.at)
on conflict (shop, ord, line, sku) do update set quantity = excluded.quantity, placed = excluded.placed

-- name: view_counted [max 3]
-- The newest as-of time counts, not the last to arrive.
insert into view_stock (shop, sku, location, as_of, on_hand, contains, safety)
select v.shop, v.sku, v.location, v.as_of, v.on_hand, v.contains, v.safety
from {rows v: shop text, sku text, location text, as_of float8, on_hand int8, contains float8, safety int8} where true
on conflict (shop, sku, location) do update set on_hand = excluded.on_hand, as_of = excluded.as_of,
    contains = excluded.contains, safety = excluded.safety
where excluded.as_of >= view_stock.as_of

-- name: view_packed [last 4]
insert into view_packed (shop, sku, lot, shipment, ord, household, quantity, at)
select v.shop, v.sku, v.lot, v.shipment, v.ord, v.household, v.quantity, v.at
from {rows v: shop text, sku text, lot text, shipment text, ord text, household text, quantity int8, at float8} where true
on conflict (shop, sku, lot, shipment) do update set ord = excluded.ord, household = excluded.household,
    quantity = excluded.quantity, at = excluded.at

-- name: view_pet [last 2]
insert into view_pet (shop, id, household, species) select v.shop, v.id, v.household, v.species
from {rows v: shop text, id text, household text, species text} where true
on conflict (shop, id) do update set household = excluded.household, species = excluded.species

-- name: view_pet_died [last 2]
-- Never taken back.
insert into view_pet (shop, id, household, died) select v.shop, v.id, v.household, v.died
from {rows v: shop text, id text, household text, died text} where true
on conflict (shop, id) do update set died = coalesce(view_pet.died, excluded.died)

-- name: view_cart [max 2]
insert into view_cart (shop, id, changed, household, currency, worth, items)
select v.shop, v.id, v.changed, v.household, v.currency, v.worth, v.items
from {rows v: shop text, id text, changed float8, household text, currency text, worth int8, items int8} where true
on conflict (shop, id) do update set household = coalesce(excluded.household, view_cart.household),
    changed = excluded.changed, currency = excluded.currency, worth = excluded.worth, items = excluded.items
where view_cart.changed is null or excluded.changed >= view_cart.changed

-- name: view_cart_bought [last 2]
insert into view_cart (shop, id, ord) select v.shop, v.id, v.ord from {rows v: shop text, id text, ord text} where true
on conflict (shop, id) do update set ord = excluded.ord

-- name: view_autoship_state [max 2]
-- Whether it renews, and whose it is: the newest word counts, not the last to arrive. So with its next day and its items.
insert into view_autoship (shop, id, state_at, household, state) select v.shop, v.id, v.at, v.household, v.state
from {rows v: shop text, id text, at float8, household text, state text} where true
on conflict (shop, id) do update set state_at = excluded.state_at, household = excluded.household,
    state = excluded.state where view_autoship.state_at is null or excluded.state_at >= view_autoship.state_at

-- name: view_autoship_next [max 2]
-- Also told by who says when it is charged next.
insert into view_autoship (shop, id, next_at, household, next_on) select v.shop, v.id, v.at, v.household, v.next_on
from {rows v: shop text, id text, at float8, household text, next_on text} where true
on conflict (shop, id) do update set next_at = excluded.next_at, next_on = excluded.next_on,
    household = coalesce(view_autoship.household, excluded.household)
where view_autoship.next_at is null or excluded.next_at >= view_autoship.next_at

-- name: view_autoship_items_out
-- Items of one word all have its moment.
delete from view_autoship_item where (shop, autoship, sku) in (
    select i.shop, i.autoship, i.sku from {rows v: shop text, id text, at float8}
    join view_autoship_item i on i.shop = v.shop and i.autoship = v.id and i.at <= v.at)

-- name: view_autoship_item [max 3]
insert into view_autoship_item (shop, autoship, sku, at, quantity) select v.shop, v.id, v.sku, v.at, v.quantity
from {rows v: shop text, id text, sku text, at float8, quantity int8} where not exists (
    select 1 from view_autoship_item i where i.shop = v.shop and i.autoship = v.id and i.at > v.at)
on conflict (shop, autoship, sku) do update set at = excluded.at, quantity = excluded.quantity

-- name: view_recall [last 3]
insert into view_recall (shop, sku, recall, whole) select v.shop, v.sku, v.recall, v.whole
from {rows v: shop text, sku text, recall text, whole int2} where true
on conflict (shop, sku, recall) do update set whole = excluded.whole

-- name: view_decision [last 2]
insert into view_decision (shop, recall, cancel) select v.shop, v.recall, v.cancel
from {rows v: shop text, recall text, cancel int2} where true
on conflict (shop, recall) do update set cancel = excluded.cancel

-- name: forget_autoship
update view_autoship set household = null from {rows v: shop text, household text}
where view_autoship.shop = v.shop and view_autoship.household = v.household

-- name: forget_order
-- An erasure: what is left says nothing of anybody.
update view_order set household = null from {rows v: shop text, household text}
where view_order.shop = v.shop and view_order.household = v.household

-- name: forget_packed
update view_packed set household = null from {rows v: shop text, household text}
where view_packed.shop = v.shop and view_packed.household = v.household

-- name: forget_pet
delete from view_pet where (shop, household) in (select v.shop, v.household from {rows v: shop text, household text})

-- name: forget_cart
update view_cart set household = null from {rows v: shop text, household text}
where view_cart.shop = v.shop and view_cart.household = v.household

-- name: begin_cursor [last 2]
insert into view_cursor (name, lane, seq) select v.name, v.lane, v.seq from {rows v: name text, lane int2, seq int8}
where true on conflict (name, lane) do nothing

-- name: move_cursor [exact]
-- From where it was: a rebuild that another process asked for is met, and not undone.
update view_cursor set seq = v.seq from {rows v: name text, lane int2, old int8, seq int8}
where view_cursor.name = v.name and view_cursor.lane = v.lane and view_cursor.seq = v.old

-- name: counted
-- Of one SKU, one row for each place.
select location, on_hand, as_of, contains, safety from view_stock where shop = ? and sku = ? order by location

-- name: stock_steps
-- Of one SKU, until a moment: each place's count, and the units of orders placed from what it contains until what the next
-- one contains, or until the moment, that were not called off until then. The oldest count first. What was granted later
-- than it was placed counts from then on: no count before has it. `upto`: what the next count contains. Counted and
-- summed order by order, no joins: without statistics PostgreSQL would join all holds of the SKU with all its lines.
select s.location, s.on_hand, s.as_of, s.contains, s.safety, cast((
    select coalesce(sum(i.quantity), 0) from view_item i left join view_order o on o.shop = i.shop and o.id = i.ord
    where i.shop = s.shop and i.sku = s.sku and i.placed > s.contains and i.placed <= s.upto
    and i.placed <= ? and (o.ended is null or o.ended > ?) and (
        select count(*) from hold h where h.shop = i.shop and h.ord = i.ord and h.sku = i.sku and h.made > s.upto) = 0
) + (
    select coalesce(sum((
        select coalesce(sum(i.quantity), 0) from view_item i
        where i.shop = h.shop and i.sku = h.sku and i.ord = h.ord and i.placed <= s.contains and i.placed <= ?)), 0)
    from hold h where h.shop = s.shop and h.sku = s.sku and h.made > s.contains and h.made <= s.upto and h.made <= ?
    and (select count(*) from view_order o where o.shop = h.shop and o.id = h.ord and o.ended <= ?) = 0
) as bigint) from (
    select s.*, coalesce((
        select min(n.contains) from view_stock n
        where n.shop = s.shop and n.sku = s.sku and n.contains > s.contains), 1e15) as upto from view_stock s) s
where s.shop = ? and s.sku = ? order by s.contains, s.location

-- name: held
-- Units of a SKU that are held for orders not heard of until a moment.
select cast(coalesce(sum(h.quantity), 0) as bigint) from hold h
where h.shop = ? and h.sku = ? and h.made <= ? and (h.until is null or h.until > ?) and not exists (
    select 1 from view_order o where o.shop = h.shop and o.id = h.ord and o.placed <= ?)

-- name: take_turn [last 2]
insert into hold_turn (shop, sku) select v.shop, v.sku from {rows v: shop text, sku text} where true
on conflict (shop, sku) do update set sku = excluded.sku

-- name: drop_over_holds
-- What expired. It looks at the row that it deletes and no other: who keeps it meanwhile has kept it.
delete from hold where exists (
    select 1 from {rows v: shop text, sku text, now float8}
    where v.shop = hold.shop and v.sku = hold.sku and hold.until <= v.now)

-- name: hold_held [rows]
-- Held for orders that were not heard of. What an order that was heard of takes is in hold_steps, but for what its hold is
-- more than its lines, where no edit that was heard of is as new as the hold: the edit is on its way.
select v.shop, v.sku, cast(coalesce(sum(case
    when h.heard = 0 then h.quantity when h.said > 0 or h.quantity <= h.lines then 0 else h.quantity - h.lines end), 0) as bigint)
from {rows v: shop text, sku text, now float8} join (
    select h.shop, h.sku, h.quantity, h.until,
        (select count(*) from view_order o where o.shop = h.shop and o.id = h.ord and o.placed is not null) as heard,
        (select count(*) from view_order o where o.shop = h.shop and o.id = h.ord and o.ended is not null)
            + (select count(*) from view_edit e where e.shop = h.shop and e.ord = h.ord and e.at >= h.made) as said,
        (select coalesce(sum(i.quantity), 0) from view_item i where i.shop = h.shop and i.sku = h.sku and i.ord = h.ord) as lines
    from hold h) h on h.shop = v.shop and h.sku = v.sku
where h.until is null or h.until > v.now
group by v.shop, v.sku

-- name: hold_steps [rows]
-- As stock_steps, of many SKUs, as things are now; without orders of our own that nobody granted theirs yet.
select s.shop, s.sku, cast(sum(s.on_hand) as bigint), cast(sum(s.safety) as bigint), cast((
    select coalesce(sum(i.quantity), 0) from view_item i left join view_order o on o.shop = i.shop and o.id = i.ord
    where i.shop = s.shop and i.sku = s.sku and i.placed > s.contains and i.placed <= s.upto
    and o.ended is null and (coalesce(o.adopted, 1) = 1 or coalesce(o.paid, o.sent) is not null or exists (
        select 1 from hold h
        where h.shop = i.shop and h.ord = i.ord and (h.until is null or h.until > v.now)))
    and (
        select count(*) from hold h where h.shop = i.shop and h.ord = i.ord and h.sku = i.sku and h.made > s.upto) = 0
) + (
    select coalesce(sum((
        select coalesce(sum(i.quantity), 0) from view_item i
        where i.shop = h.shop and i.sku = h.sku and i.ord = h.ord and i.placed <= s.contains)), 0)
    from hold h where h.shop = s.shop and h.sku = s.sku and h.made > s.contains and h.made <= s.upto
    and (h.until is null or h.until > v.now)
    and (select count(*) from view_order o where o.shop = h.shop and o.id = h.ord and o.ended is not null) = 0
) as bigint) from {rows v: shop text, sku text, now float8} join (
    select s.*, coalesce((
        select min(n.contains) from view_stock n
        where n.shop = s.shop and n.sku = s.sku and n.contains > s.contains), 1e15) as upto from view_stock s) s on s.shop = v.shop and s.sku = v.sku
group by s.shop, s.sku, s.contains, s.upto, v.now order by s.shop, s.sku, s.contains

-- name: held_orders [rows]
select h.shop, h.ord, h.sku, h.quantity from {rows v: shop text, ord text}
join hold h on h.shop = v.shop and h.ord = v.ord

-- name: insert_hold [last 3]
insert into hold (shop, ord, sku, quantity, made, until) select v.shop, v.ord, v.sku, v.quantity, v.made, v.until
from {rows v: shop text, ord text, sku text, quantity int8, made float8, until float8} where true
on conflict (shop, ord, sku) do update set quantity = excluded.quantity, made = excluded.made,
    until = case when hold.sold = 1 then null else excluded.until end

-- name: let_go_hold
-- What was sold stays.
delete from hold where sold = 0 and (shop, ord) in (select v.shop, v.ord from {rows v: shop text, ord text})

-- name: keep_hold [exact] [last 3]
-- Sold: it does not expire any more.
update hold set until = null, sold = 1 from {rows v: shop text, ord text, sku text}
where hold.shop = v.shop and hold.ord = v.ord and hold.sku = v.sku

-- name: hold_times
-- Since when an order holds and until when, of its SKUs the one that ends first; nulls: it holds nothing, or for good.
select min(made), min(until), count(*) from hold where shop = ? and ord = ? and sold = 0 and until > ?

-- name: prolong_hold
update hold set until = v.until from {rows v: shop text, ord text, until float8}
where hold.shop = v.shop and hold.ord = v.ord and hold.sold = 0 and hold.until < v.until

-- name: hold_of
select sku, quantity, until, sold from hold where shop = ? and ord = ? order by sku

-- name: packed_lots
-- A page of parcels of orders that left, with a SKU, since a moment, of any lot: the flow looks at the lots. Whose it is
-- the order says where its teller, a warehouse, does not know. One of unknown lots, as a shop tells it, is not there
-- where somebody wrote down the lots of as many units as were ordered: it is the same parcel.
select p.shipment, p.ord, coalesce(p.household, o.household), p.lot, p.quantity, p.at from view_packed p
join view_order o on o.shop = p.shop and o.id = p.ord
where p.shop = ? and p.sku = ? and p.at >= ? and o.sent is not null and (p.lot, p.shipment) > (?, ?)
    and (p.lot <> '' or (
        select case when sum(q.quantity) >= (
            select coalesce(sum(i.quantity), 0) from view_item i
            where i.shop = p.shop and i.ord = p.ord and i.sku = p.sku) then 1 else 0 end
        from view_packed q where q.shop = p.shop and q.ord = p.ord and q.sku = p.sku and q.lot <> '') = 0)
order by p.lot, p.shipment limit ?

-- name: open_orders_with
-- A page of orders with a SKU that have not left, or not with all of it as far as somebody wrote down what is in their
-- parcels, and were not called off. By the order in the index: a page reads no further than it goes.
select i.ord, min(o.household) from view_item i join view_order o on o.shop = i.shop and o.id = i.ord
where i.shop = ? and i.sku = ? and i.quantity > 0 and o.ended is null and i.ord > ?
group by i.ord having min(o.sent) is null or (exists (
    select 1 from view_packed p where p.shop = ? and p.ord = i.ord)
    and sum(i.quantity) > (
        select coalesce(sum(p.quantity), 0) from view_packed p where p.shop = ? and p.ord = i.ord and p.sku = ?))
order by i.ord limit ?

-- name: sent_orders_with
-- A page of orders with a SKU that left since a moment, of whose parcels nobody wrote down what is in them. Counted, not
-- `not exists`: without statistics PostgreSQL would join all parcels of the SKU with each order.
select i.ord, min(o.household) from view_item i join view_order o on o.shop = i.shop and o.id = i.ord
where i.shop = ? and i.sku = ? and i.quantity > 0 and o.sent >= ? and i.ord > ?
    and (select count(*) from view_packed p where p.shop = i.shop and p.ord = i.ord and p.sku = i.sku) = 0
group by i.ord order by i.ord limit ?

-- name: order_of
select household, number, placed, channel, adopted, currency, total, paid, sent, delivered, ended from view_order
where shop = ? and id = ?

-- name: pets_of
select id, species, died from view_pet where shop = ? and household = ? order by id

-- name: carts_untouched
-- A page of carts that are not bought and that nobody touched since a moment. One whose order is not certain yet waits
-- for that: it is bought, or given back.
select id, household, changed, currency, worth, items from view_cart
where shop = ? and ord is null and changed < ? and (changed, id) > (?, ?) and not exists (
    select 1 from cart_order c where c.shop = view_cart.shop and c.cart = view_cart.id and c.back = 0
) order by changed, id limit ?

-- name: pet_died
select died from view_pet where shop = ? and id = ? and died is not null

-- name: ahead
-- What active autoships will take of a SKU, charged from one day to another: units, and how many autoships.
select cast(coalesce(sum(i.quantity), 0) as bigint), count(*) from view_autoship a
join view_autoship_item i on i.shop = a.shop and i.autoship = a.id
where a.shop = ? and i.sku = ? and a.state = 'active' and a.next_on >= ? and a.next_on <= ?

-- name: recalls_on
-- Of one SKU: each recall, whether every lot is meant, and what was decided; null where nothing was.
select r.recall, r.whole, d.cancel from view_recall r left join view_decision d on d.shop = r.shop and d.recall = r.recall
where r.shop = ? and r.sku = ? order by r.recall

-- name: recalls_of
-- The same, of what an order has in it, and when it was placed.
select distinct r.sku, r.recall, r.whole, d.cancel, o.placed from view_item i
join view_recall r on r.shop = i.shop and r.sku = i.sku
left join view_order o on o.shop = i.shop and o.id = i.ord
left join view_decision d on d.shop = r.shop and d.recall = r.recall
where i.shop = ? and i.ord = ? and i.quantity > 0 order by r.recall, r.sku

-- name: recall_decided
select cancel from view_decision where shop = ? and recall = ?

-- name: recalled_whole
-- What was released is sent again.
select r.recall from view_recall r where r.shop = ? and r.sku = ? and r.whole = 1 and not exists (
    select 1 from view_decision d where d.shop = r.shop and d.recall = r.recall and d.cancel = 0)
order by r.recall limit 1

-- name: order_ended
select ended from view_order where shop = ? and id = ? and ended is not null

-- name: order_sent
select sent from view_order where shop = ? and id = ? and sent is not null

-- name: order_delivered
select delivered from view_order where shop = ? and id = ? and delivered is not null

-- name: order_household
select household from view_order where shop = ? and id = ? and household is not null

-- name: household_orders
select id, placed, delivered, ended from view_order where shop = ? and household = ? order by placed desc, id limit ?

-- name: household_counts
select
    (select count(*) from view_order where shop = ? and household = ?),
    (select count(*) from run where ended is null and shop = ? and household = ?),
    (select count(*) from view_pet where shop = ? and household = ?),
    (select count(*) from view_cart where shop = ? and household = ?),
    (select count(*) from view_autoship where shop = ? and household = ?)
