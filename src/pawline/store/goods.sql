-- What is said of the goods; see schema.sql for what the rows mean. Written like the views: each may be applied again.

-- name: view_product [max 3]
-- Of each account the newest word by its as-of time, not the last to arrive.
insert into view_product (shop, sku, account, as_of, gtin, body)
select v.shop, v.sku, v.account, v.as_of, v.gtin, v.body
from {rows v: shop text, sku text, account text, as_of float8, gtin text, body text} where true
on conflict (shop, sku, account) do update set as_of = excluded.as_of, gtin = excluded.gtin, body = excluded.body
where excluded.as_of >= view_product.as_of

-- name: view_lot [max 3]
insert into view_lot (shop, sku, lot, as_of, best_by) select v.shop, v.sku, v.lot, v.as_of, v.best_by
from {rows v: shop text, sku text, lot text, as_of float8, best_by text} where true
on conflict (shop, sku, lot) do update set as_of = excluded.as_of, best_by = excluded.best_by
where excluded.as_of >= view_lot.as_of

-- name: goods_of
-- What each account says of one SKU.
select body from view_product where shop = ? and sku = ? order by account

-- name: goods_page
-- What is said of the next SKUs, by SKU; the second half of the row's name is the account.
select sku, account, body from view_product where shop = ? and (sku, account) > (?, ?) order by sku, account limit ?

-- name: goods_changed
-- SKUs of which something was said as of a moment or later, oldest first.
select sku, max(as_of) from view_product where shop = ? and as_of >= ? group by sku
having max(as_of) > ? or (max(as_of) = ? and sku > ?) order by max(as_of), sku limit ?

-- name: goods_by_gtin
select distinct sku from view_product where shop = ? and gtin = ? order by sku

-- name: lots_listed
select lot, best_by from view_lot where shop = ? and sku = ? order by lot

-- name: lots_packed
select distinct lot from view_packed where shop = ? and sku = ? and lot <> '' order by lot

-- name: lines_sold
-- Lines of orders since a moment, by SKU, that were not called off: bundles resolved, as what they take from stock.
select i.sku, count(*) from view_order o join view_item i on i.shop = o.shop and i.ord = o.id
where o.shop = ? and o.placed >= ? and o.ended is null and i.quantity > 0 group by i.sku order by i.sku

-- name: sku_known
-- Whether anybody ever said anything of it, counted it, sold it or packed it.
select (select count(*) from (select 1 from view_product where shop = ? and sku = ? limit 1) p)
    + (select count(*) from (select 1 from view_stock where shop = ? and sku = ? limit 1) s)
    + (select count(*) from (select 1 from view_item where shop = ? and sku = ? limit 1) i)
    + (select count(*) from (select 1 from view_packed where shop = ? and sku = ? limit 1) q)

-- name: recalls_begun
-- Each recall by SKU, whether every lot of it is meant, and what was decided; null where nothing was.
select r.recall, r.sku, r.whole, d.cancel from view_recall r
left join view_decision d on d.shop = r.shop and d.recall = r.recall where r.shop = ? order by r.recall, r.sku

-- name: skus_known
-- Of which an account says something, that were counted, or that were sold.
select sku from view_product where shop = ? union select sku from view_stock where shop = ?
union select sku from view_item where shop = ? order by 1
