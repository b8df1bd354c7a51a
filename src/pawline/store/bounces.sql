-- Addresses that letters came back from for good; see schema.sql for what the rows mean.

-- name: view_bounced [max 4]
insert into view_bounced (shop, household, medium, address, at) select v.shop, v.household, v.medium, v.address, v.at
from {rows v: shop text, household text, medium text, address text, at float8} where true
on conflict (shop, household, medium, address) do update set at = excluded.at where excluded.at > view_bounced.at

-- name: bounced
select at from view_bounced where shop = ? and household = ? and medium = ? and address = ?

-- name: over_bounces
-- A page of those from so long ago that they are tried again; also of whom an older Pawline erased, which knows no such rows.
select shop, household, medium, address, at from view_bounced where at < ? limit ?

-- name: purge_bounced
delete from view_bounced where (shop, household, medium, address, at) in (
    select v.shop, v.household, v.medium, v.address, v.at
    from {rows v: shop text, household text, medium text, address text, at float8}
)

-- name: forget_bounced
delete from view_bounced
where (shop, household) in (select v.shop, v.household from {rows v: shop text, household text})
