-- What takes back that a hold is settled, and keeps sums of lines: whoever changes an order's rows need not know of either.
-- See schema.sql.

-- name: line_in
-- A line that is older than any of its order was.
create trigger line_in after insert on view_item begin
    update hold set since = new.placed
    where shop = new.shop and ord = new.ord and sku = new.sku and since > new.placed;
    update line_sum set units = units + new.quantity
    where shop = new.shop and sku = new.sku and contains < new.placed;
end

-- name: line_less
create trigger line_less after update on view_item when new.quantity < old.quantity or new.placed < old.placed begin
    update hold set settled = 0, since = -1e15 where shop = old.shop and ord = old.ord and sku = old.sku;
end

-- name: line_out
create trigger line_out after delete on view_item begin
    update hold set settled = 0, since = -1e15 where shop = old.shop and ord = old.ord and sku = old.sku;
    update line_sum set units = units - old.quantity
    where shop = old.shop and sku = old.sku and contains < old.placed;
end

-- name: line_other
create trigger line_other after update on view_item
when new.quantity <> old.quantity or new.placed is not old.placed or new.sku <> old.sku or new.shop <> old.shop begin
    update line_sum set units = units - old.quantity
    where shop = old.shop and sku = old.sku and contains < old.placed;
    update line_sum set units = units + new.quantity
    where shop = new.shop and sku = new.sku and contains < new.placed;
end

-- name: first_turn
-- Somebody decides about the SKU: it is summed where it is not since it was counted, and kept from here on.
create trigger first_turn after insert on hold_turn begin
    insert into line_sum (shop, sku, contains, units)
    select c.shop, c.sku, min(c.contains), coalesce((
        select sum(i.quantity) from view_item i
        where i.shop = c.shop and i.sku = c.sku and i.placed > min(c.contains)), 0)
    from view_stock c where c.shop = new.shop and c.sku = new.sku
        and not exists (select 1 from line_sum l where l.shop = new.shop and l.sku = new.sku)
    group by c.shop, c.sku;
end

-- name: next_turn
create trigger next_turn after update on hold_turn begin
    insert into line_sum (shop, sku, contains, units)
    select c.shop, c.sku, min(c.contains), coalesce((
        select sum(i.quantity) from view_item i
        where i.shop = c.shop and i.sku = c.sku and i.placed > min(c.contains)), 0)
    from view_stock c where c.shop = new.shop and c.sku = new.sku
        and not exists (select 1 from line_sum l where l.shop = new.shop and l.sku = new.sku)
    group by c.shop, c.sku;
end

-- name: counted_anew
create trigger counted_anew after insert on view_stock begin
    delete from line_sum where shop = new.shop and sku = new.sku;
end

-- name: counted_other
create trigger counted_other after update on view_stock when new.contains <> old.contains begin
    delete from line_sum where shop = old.shop and sku = old.sku;
end

-- name: counted_out
create trigger counted_out after delete on view_stock begin
    delete from line_sum where shop = old.shop and sku = old.sku;
end

-- name: order_less
create trigger order_less after update of placed, ended on view_order
when new.placed is null and old.placed is not null or new.ended is null and old.ended is not null begin
    update hold set settled = 0, since = -1e15 where shop = old.shop and ord = old.id;
end

-- name: order_out
create trigger order_out after delete on view_order begin
    update hold set settled = 0, since = -1e15 where shop = old.shop and ord = old.id;
end

-- name: edit_less
create trigger edit_less after update of at on view_edit when new.at < old.at begin
    update hold set settled = 0, since = -1e15 where shop = old.shop and ord = old.ord;
end

-- name: edit_out
create trigger edit_out after delete on view_edit begin
    update hold set settled = 0, since = -1e15 where shop = old.shop and ord = old.ord;
end

-- name: hold_anew
create trigger hold_anew after update of quantity, made on hold begin
    update hold set settled = 0, since = -1e15 where rowid = new.rowid;
end
