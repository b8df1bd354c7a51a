-- What browsers did in a shop; see schema.sql for what the rows mean.

-- name: visit
-- Again changes nothing but the time: acts are bits, and what was seen last is not put in front of itself.
insert into visit (day, visitor, shop, at, did, seen) select v.day, v.visitor, v.shop, v.at, v.did, v.seen
from {rows v: day int8, visitor int8, shop text, at float8, did int8, seen text} where true
on conflict (day, visitor) do update set did = visit.did | excluded.did,
    at = case when excluded.at > visit.at then excluded.at else visit.at end,
    seen = case when substr(visit.seen, 1, length(excluded.seen)) = excluded.seen then visit.seen
                else substr(excluded.seen || visit.seen, 1, 220) end

-- name: visit_order
-- The first browser that names an order: nobody takes it over.
insert into visit_order (shop, ord, visitor, at) select v.shop, v.ord, v.visitor, v.at
from {rows v: shop text, ord text, visitor int8, at float8} where true on conflict (shop, ord) do nothing

-- name: visits_of
-- Of browsers in which one household ordered and no other did; newest first. An order that was placed on another day
-- than the browser named it is not believed, nor one that was taken elsewhere (a marketplace, a till), nor is a browser that names fifty: a till, or somebody who guesses, and
-- no more of them are read. Orders are found by their index first: it has no more than their names.
with recursive days(day) as (
    select max(day) from visit union all
    select day - 1 from days where day > (select min(day) from visit) and day > (select max(day) - 400 from visit)
), theirs as (
    select distinct l.visitor from view_order h cross join view_order o cross join visit_order l
    where h.shop = ? and h.household = ? and o.shop = h.shop and o.id = h.id and l.shop = h.shop and l.ord = h.id
        and o.placed between l.at - 86400.0 and l.at + 86400.0 and o.channel in ('web', 'app', 'social') and (
            select count(*) < 50 and count(case when p.household <> h.household then 1 end) = 0 from (
                select m.ord from visit_order m where m.shop = l.shop and m.visitor = l.visitor limit 50
            ) n left join view_order p on p.shop = h.shop and p.id = n.ord)
)
select v.day, v.at, v.did, v.seen from theirs t cross join days d
join visit v on v.day = d.day and v.visitor = t.visitor order by v.at desc limit ?

-- name: visit_page
select visitor, shop, did from visit where day = ? and visitor > ? order by visitor limit ?

-- name: visit_figures
select did, visitors from visit_figure where day = ? and shop = ?

-- name: next_visit_day
-- The next one that is over, and whether its figures are kept.
select v.day, exists (select 1 from visit_figure f where f.day = v.day) from visit v
where v.day > ? and v.day < ? order by v.day limit 1

-- name: visit_figure
insert into visit_figure (day, shop, did, visitors) select v.day, v.shop, v.did, v.visitors
from {rows v: day int8, shop text, did int8, visitors int8} where true on conflict (day, shop, did) do nothing

-- name: over_visits
select day, visitor from visit where day < ? limit ?

-- name: purge_visit
delete from visit where (day, visitor) in (select v.day, v.visitor from {rows v: day int8, visitor int8})

-- name: over_visit_orders
select shop, ord from visit_order where at < ? limit ?

-- name: purge_visit_order
delete from visit_order where (shop, ord) in (select v.shop, v.ord from {rows v: shop text, ord text})

-- name: forget_visit
-- Before forget_order: an order says whose browser it was. Also of browsers that others used, too.
delete from visit where (day, visitor) in (
    with recursive days(day) as (
        select max(day) from visit union all
        select day - 1 from days where day > (select min(day) from visit)
    )
    select d.day, l.visitor from {rows v: shop text, household text}
    join view_order o on o.shop = v.shop and o.household = v.household
    join visit_order l on l.shop = o.shop and l.ord = o.id cross join days d
)

-- name: forget_visit_order
delete from visit_order where (shop, ord) in (
    select o.shop, o.id from {rows v: shop text, household text}
    join view_order o on o.shop = v.shop and o.household = v.household
)
