-- What a shop's history comes to: for advice and the checklist. Each reads a page, or a span by an index: nothing here
-- keeps others waiting, however long the history is.

-- name: orders_in
select count(*) from view_order where shop = ? and placed >= ? and placed < ?

-- name: orders_of_kind
-- Of a span, by where they were taken and who owned the checkout.
select channel, adopted, count(*) from view_order where shop = ? and placed >= ? and placed < ?
group by channel, adopted order by channel, adopted

-- name: runs_ended
-- A page of all runs: which of them ended, and when.
select no, shop, flow, status, ended from run where no > ? order by no limit ?

-- name: runs_asked
-- A page of all cases: of which run, and whether they are open.
select no, run, state from inquiry where no > ? order by no limit ?

-- name: runs_handled
-- A page of all that operators asked for: about what.
select no, target from command where no > ? order by no limit ?

-- name: events_before
-- A page of a shop's events, the newest first: of which type.
select no, type, recorded from event where shop = ? and no < ? order by no desc limit ?

-- name: orders_placed
-- Of a span: each, when, and where it was taken.
select id, placed, channel from view_order where shop = ? and placed >= ? and placed < ? order by placed, id

-- name: orders_units
-- Of a span: what each takes from stock, by SKU.
select o.id, i.sku, sum(i.quantity) from view_order o join view_item i on i.shop = o.shop and i.ord = o.id
where o.shop = ? and o.placed >= ? and o.placed < ? group by o.id, i.sku order by o.id, i.sku

-- name: carts_left
-- Of a span: filled, and not bought.
select count(*) from view_cart where shop = ? and changed >= ? and changed < ? and ord is null and items > 0

-- name: events_told
-- A page of a shop's events, the newest first: of which type, about what, and when recorded.
select no, type, subject, recorded from event where shop = ? and no < ? order by no desc limit ?

-- name: runs_begun
-- A page of a shop's runs that began in a span.
select no from run where no > ? and shop = ? and created >= ? and created < ? order by no limit ?
