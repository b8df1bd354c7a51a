-- Bills of own orders; see schema.sql for what the rows mean. Those of the view may be applied again: a rebuild does.

-- name: view_billed [last 2]
-- As it was placed, once: an own order is never placed again with other content.
insert into bill (shop, ord, id, what, at, body) select v.shop, v.ord, 'placed', 'placed', v.at, v.body
from {rows v: shop text, ord text, at float8, body text} where true on conflict (shop, ord, id) do nothing

-- name: view_bill_edit [last 3]
-- Of own orders only: what nobody billed here is another system's to keep.
insert into bill (shop, ord, id, what, at, body) select v.shop, v.ord, v.id, 'edit', v.at, v.body
from {rows v: shop text, ord text, id text, at float8, body text}
where exists (select 1 from bill b where b.shop = v.shop and b.ord = v.ord and b.id = 'placed')
on conflict (shop, ord, id) do nothing

-- name: bill_refund [exact]
-- For the bill that was seen, or not at all: whoever else came in between has the same number, or made it one longer.
insert into bill (shop, ord, id, no, what, at, body) select v.shop, v.ord, v.id, v.seen, 'refund', v.at, v.body
from {rows v: shop text, ord text, id text, seen int8, at float8, body text}
where v.seen = (select count(*) from bill b where b.shop = v.shop and b.ord = v.ord)

-- name: bill_paid [last 3]
insert into bill (shop, ord, id, what, at, body) select v.shop, v.ord, v.id, 'paid', v.at, v.body
from {rows v: shop text, ord text, id text, at float8, body text} where true on conflict (shop, ord, id) do nothing

-- name: bill_of
-- In the order in which it grew, whatever the clocks say of its beginning; that a refund was paid comes after it even
-- where the clock stood still or went back in between.
select b.id, b.what, b.body, o.household from bill b left join view_order o on o.shop = b.shop and o.id = b.ord
where b.shop = ? and b.ord = ? order by b.what <> 'placed', b.what = 'paid', b.at, b.id
