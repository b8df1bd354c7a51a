-- What takes back that a hold is settled: whoever changes an order's rows need not know of holds. See schema.sql. It waits
-- for its turn: who decides about the SKU meanwhile would not see what this transaction changed, and settle it again.

-- name: line_in_does
-- A line that is older than any of its order was. An order is heard of together with its lines; only an edit adds one to
-- an order that may be settled already.
create or replace function line_in() returns trigger language plpgsql as $$ begin
    if exists (select 1 from view_edit e where e.shop = new.shop and e.ord = new.ord and e.line = new.line) then
        insert into hold_turn (shop, sku) values (new.shop, new.sku)
        on conflict (shop, sku) do update set sku = excluded.sku;
    end if;
    update hold set since = new.placed
    where shop = new.shop and ord = new.ord and sku = new.sku and since > new.placed;
    return null;
end $$

-- name: line_less_does
create or replace function line_less() returns trigger language plpgsql as $$ begin
    insert into hold_turn (shop, sku) values (old.shop, old.sku)
    on conflict (shop, sku) do update set sku = excluded.sku;
    update hold set settled = 0, since = -1e15 where shop = old.shop and ord = old.ord and sku = old.sku;
    return null;
end $$

-- name: order_less_does
create or replace function order_less() returns trigger language plpgsql as $$ declare one text; begin
    if tg_table_name = 'view_order' then one := old.id; else one := old.ord; end if;
    insert into hold_turn (shop, sku) select shop, sku from hold where shop = old.shop and ord = one order by sku
    on conflict (shop, sku) do update set sku = excluded.sku;
    update hold set settled = 0, since = -1e15 where shop = old.shop and ord = one;
    return null;
end $$

-- name: hold_anew_does
create or replace function hold_anew() returns trigger language plpgsql as $$ begin
    new.settled := 0;
    new.since := -1e15;
    return new;
end $$

-- name: line_in
create or replace trigger line_in after insert on view_item for each row execute function line_in()

-- name: line_less
create or replace trigger line_less after update on view_item for each row
when (new.quantity < old.quantity or new.placed < old.placed) execute function line_less()

-- name: line_out
create or replace trigger line_out after delete on view_item for each row execute function line_less()

-- name: order_less
create or replace trigger order_less after update of placed, ended on view_order for each row
when (new.placed is null and old.placed is not null or new.ended is null and old.ended is not null)
execute function order_less()

-- name: order_out
create or replace trigger order_out after delete on view_order for each row execute function order_less()

-- name: edit_less
create or replace trigger edit_less after update of at on view_edit for each row when (new.at < old.at)
execute function order_less()

-- name: edit_out
create or replace trigger edit_out after delete on view_edit for each row execute function order_less()

-- name: hold_anew
create or replace trigger hold_anew before update of quantity, made on hold for each row execute function hold_anew()
