-- How holds were decided until schema 18: from all lines and holds of a SKU, each time. What is decided now must be the same.

-- name: old_drop_over_holds
delete from hold where exists (
    select 1 from {rows v: shop text, sku text, now float8}
    where v.shop = hold.shop and v.sku = hold.sku and hold.until <= v.now)

-- name: old_hold_held [rows]
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

-- name: old_hold_steps [rows]
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
