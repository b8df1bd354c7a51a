-- The shop's own checkout; see schema.sql for what the rows mean.

-- name: insert_api_key
insert into api_key (id, shop, digest, name, scopes, origins, made, by, revoked)
{append: text text bytea text text text float8 text float8}

-- name: api_keys
select id, shop, digest, name, scopes, origins, made, by, revoked from api_key order by made, id

-- name: revoke_api_key [exact]
-- One that lives, or that a restore holds: nobody needs to let it live again first.
update api_key set revoked = v.at from {rows v: id text, shop text, at float8, held float8}
where api_key.id = v.id and api_key.shop = v.shop and (api_key.revoked is null or api_key.revoked = v.held)

-- name: hold_api_keys
-- After a restore: those that lived, and those that an earlier restore still held, live no more until somebody says so.
update api_key set revoked = v.at from {rows v: at float8, before float8}
where api_key.revoked is null or api_key.revoked = v.before

-- name: revoked_since
-- After a restore: what the lost store had revoked stays so, as of when it was.
update api_key set revoked = v.at from {rows v: id text, shop text, at float8}
where api_key.id = v.id and api_key.shop = v.shop

-- name: release_api_key [exact]
update api_key set revoked = null from {rows v: id text, shop text, held float8}
where api_key.id = v.id and api_key.shop = v.shop and api_key.revoked = v.held

-- name: set_profile [last 1]
insert into profile (shop, profile, by, at, reason) select v.shop, v.profile, v.by, v.at, v.reason
from {rows v: shop text, profile text, by text, at float8, reason text} where true
on conflict (shop) do update set profile = excluded.profile, by = excluded.by, at = excluded.at,
    reason = excluded.reason

-- name: profiles
select shop, profile, by, at, reason from profile order by shop

-- name: insert_answered
-- The first one counts, whoever else asks the same beside it.
insert into answered (shop, caller, name, asked, at, status, key, body, household)
select v.shop, v.caller, v.name, v.asked, v.at, v.status, v.key, v.body, v.household
from {rows v: shop text, caller text, name text, asked bytea, at float8, status int4, key int8, body bytea, household text}
where true
on conflict (shop, caller, name) do nothing

-- name: settle_answered
-- What was said in the end, once: 0 is the status of what only stands on the disk so far.
update answered set status = v.status, key = v.key, body = v.body
from {rows v: shop text, caller text, name text, asked bytea, status int4, key int8, body bytea}
where answered.shop = v.shop and answered.caller = v.caller and answered.name = v.name and answered.asked = v.asked
    and answered.status = 0

-- name: answered
select asked, at, status, key, body from answered where shop = ? and caller = ? and name = ?

-- name: forget_answered
-- Of a household that is erased: what it had in its carts, and what it paid.
delete from answered where (shop, household) in (select v.shop, v.household from {rows v: shop text, household text})

-- name: over_answered
select shop, caller, name from answered where at < ? limit ?

-- name: purge_answered
delete from answered where (shop, caller, name) in (
    select v.shop, v.caller, v.name from {rows v: shop text, caller text, name text}
)

-- name: skus_told
-- Of which an account says something, behind a SKU.
select distinct sku from view_product where shop = ? and sku > ? order by sku limit ?

-- name: cart_head
-- The newest word on a cart, by its own time: numbers of several processes are no order in time.
select no, shop, lane, seq, type, subject, about, source, id, at, recorded, household, priority, codec, key, body
from event where about = ? and shop = ? and type = ? and subject = ? and codec <> 9 order by at desc, no desc limit 1

-- name: claim_cart [exact]
-- An order comes of a cart, where no other one did since its last was refused.
insert into cart_order (shop, cart, prior, ord, at) select v.shop, v.cart, v.prior, v.ord, v.at
from {rows v: shop text, cart text, prior text, ord text, at float8} where true
on conflict (shop, cart, prior) do nothing

-- name: cart_orders
-- All that came of it, in any order: each names the refused one before it.
select prior, ord from cart_order where shop = ? and cart = ?

-- name: give_back_cart
-- Its order was refused.
update cart_order set back = 1 from {rows v: shop text, ord text} where cart_order.shop = v.shop and cart_order.ord = v.ord

-- name: over_cart_orders
select shop, cart, prior from cart_order where at < ? limit ?

-- name: purge_cart_order
delete from cart_order where (shop, cart, prior) in (
    select v.shop, v.cart, v.prior from {rows v: shop text, cart text, prior text}
)
