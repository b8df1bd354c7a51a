-- The one schema. {bytes}, {real}: the dialect's names for binary and double. {number}: a growing number as primary key
-- (SQLite: the rowid itself, so that appends stay at the end). {without_rowid}: SQLite's clustered form. {pending}: what
-- tells the order of events that nobody dispatched; {line}: what tells the order of runs that queue for one key.
-- Numbers (`no`) come from blocks that the application takes from `counter`: they grow and never repeat.
-- Times are epoch seconds, UTC. A body is (codec, key, bytes): key is the number of its data key, null where plain.

create table counter (name text primary key, value bigint not null);

create table meta (name text primary key, value text not null);

-- Who owns a part of the key space. A takeover raises `epoch`; whoever commits for a lane proves both.
create table lane (
    lane smallint primary key, owner bigint not null, epoch bigint not null, until {real} not null,
    next_seq bigint not null
);

-- What happened. `seq` is the order within the lane, given by its owner at dispatch; null until then.
create table event (
    no {number} primary key, shop text not null, lane smallint not null, seq bigint, type text not null,
    subject text not null, about bigint not null, source text not null, id text not null, at {real} not null,
    recorded {real} not null, household text, priority smallint not null, codec smallint not null, key bigint,
    body {bytes} not null
);
create index event_pending on event ({pending}) where seq is null;
create index event_first on event ({pending}) where seq is null and priority < 2;
create unique index event_order on event (lane, seq) where seq is not null;
create index event_about on event (about);

-- Once per fact: digests of (shop, source, id) and, where the connector names one, of (shop, type, fact).
create table fact (digest {bytes} primary key, event bigint not null) {without_rowid};

-- One execution of a flow. The status numbers are pawline.store.rows.Status.
create table run (
    no {number} primary key, shop text not null, lane smallint not null, flow text not null, version integer not null,
    run_key text not null, keyhash bigint, event bigint not null, generation integer not null,
    priority smallint not null, status smallint not null, deaths integer not null, records integer not null,
    created {real} not null, ended {real}, household text, codec smallint not null, key bigint, outcome {bytes}
);
create index run_line on run (keyhash, status, {line}) where ended is null;
create index run_event on run (event);
create index run_household on run (shop, household) where ended is null and household is not null;
create index run_live on run (priority, no) where status in (0, 2, 3);
create index run_new on run (created, no) where status = 0;

-- Append only. Rows of one run that were committed together; in SQLite the hidden rowid keeps appends at the end.
-- Unique: a second writer of the same history is an error, never a mixture.
create table journal (run bigint not null, seq integer not null, codec smallint not null, key bigint, body {bytes} not null);
create unique index journal_run on journal (run, seq);

-- What waiting runs wait for. `taken`: events that earlier waits of the run took, as ',5,17,'. `looked`: 0 until its
-- owner has looked for events recorded before the wait was; an owner that died in between is made up for.
create table wait (
    run bigint not null, path text not null, lane smallint not null, kind smallint not null, about bigint,
    shop text not null, type text, subject text, since {real} not null, due {real}, event bigint,
    looked smallint not null, taken text, primary key (run, path)
) {without_rowid};
create index wait_about on wait (about) where about is not null and event is null;
create index wait_due on wait (due, run) where due is not null;
create index wait_held on wait (shop) where kind = 3 and due is null;
create index wait_taken on wait (lane, run) where event is not null;
create index wait_unlooked on wait (run) where looked = 0 and about is not null and event is null;

-- Questions for people.
create table inquiry (
    no {number} primary key, shop text not null, lane smallint not null, run bigint, path text not null,
    kind text not null, title text not null, fingerprint text not null, team text not null, state text not null,
    opened {real} not null, until {real}, household text, codec smallint not null, key bigint, body {bytes} not null,
    answer {bytes}, answered_by text, answered {real}
);
create index inquiry_open on inquiry (shop, no) where state = 'open';
create index inquiry_run on inquiry (run) where state = 'open';

-- What operators asked for; taken once, by the owner of the lane.
create table command (
    no {number} primary key, shop text not null, lane smallint not null, action text not null, target text not null,
    by text not null, reason text not null, at {real} not null, body {bytes} not null, state text not null, result text
);
create index command_pending on command (lane, no) where state = 'pending';

-- Our id and the id in one account.
create table link (
    shop text not null, account text not null, kind text not null, ours text not null, theirs text not null,
    primary key (shop, account, kind, ours)
);
create unique index link_theirs on link (shop, account, kind, theirs);

-- One key per household (household '' is the shop's own), wrapped by a key that lives outside. Destroyed = erased; who
-- acts anew has a key of the next generation from then on.
create table data_key (
    no {number} primary key, shop text not null, household text not null, wrapper text not null, wrapped {bytes},
    destroyed {real}, generation integer not null default 0
);
create unique index data_key_of on data_key (shop, household, generation);

-- Erasures, the latest of each household, applied again by every restore.
create table erasure (shop text not null, household text not null, at {real} not null, primary key (shop, household));

-- How a flow acts through an account: observe, live, paused. '*' stands for any flow or account.
create table mode (
    shop text not null, flow text not null, account text not null, mode text not null, watermark {real},
    primary key (shop, flow, account)
);

-- From which moment on a flow is ours (`live`) or the old way's (`observe`), by when its events happened. Only
-- what is still ahead may be taken back. `old`: the old way had it and nobody observed.
create table handover (
    shop text not null, flow text not null, at {real} not null, mode text not null, primary key (shop, flow, at)
);

-- What is stopped: scope is all, flow, account or sku; name is '*' for all.
create table brake (
    shop text not null, scope text not null, name text not null, by text not null, at {real} not null,
    reason text not null, primary key (shop, scope, name)
);

-- Effects counted against caps: one row per hour and owner, so that owners never wait for one another.
create table spent (
    shop text not null, flow text not null, kind text not null, person text not null, hour bigint not null,
    owner bigint not null, n bigint not null, primary key (shop, flow, kind, person, hour, owner)
);

-- Schedules: when each `every` is due next.
create table schedule (shop text not null, name text not null, due {real} not null, primary key (shop, name));

-- How far each view has read each lane.
create table view_cursor (name text not null, lane smallint not null, seq bigint not null, primary key (name, lane));

-- How far an account was looked at. What is behind it may be seen again: facts know it.
create table checkpoint (
    shop text not null, account text not null, name text not null, cursor text not null, at {real} not null,
    primary key (shop, account, name)
);

-- Stock granted to orders of our own, by SKU, until `until` or for good. Once its order is in `view_order`, the order's
-- lines count instead; that they were granted is still said here, until the order left.
create table hold (
    shop text not null, ord text not null, sku text not null, quantity bigint not null, made {real} not null,
    until {real}, sold smallint not null default 0, primary key (shop, ord, sku)
);
create index hold_sku on hold (shop, sku, ord);
-- Whose turn it is to decide about a SKU: the row's lock, until the commit.
create table hold_turn (shop text not null, sku text not null, primary key (shop, sku));

-- Views: what events came to, kept by whoever owns the event's lane, rebuilt from events. Ids, figures and times only.
-- A null says that the event which tells it has not come (yet): events of one order may come in any order.
create table view_order (
    shop text not null, id text not null, household text, number text, placed {real}, channel text, adopted smallint,
    currency text, total bigint, paid {real}, sent {real}, delivered {real}, ended {real}, primary key (shop, id)
) {without_rowid};
create index view_order_placed on view_order (shop, placed);
create index view_order_household on view_order (shop, household) where household is not null;

-- What an order takes from stock, by line, bundles resolved.
create table view_item (
    shop text not null, ord text not null, line text not null, sku text not null, quantity bigint not null,
    placed {real}, primary key (shop, ord, line, sku)
) {without_rowid};
create index view_item_sku on view_item (shop, sku, placed);
create index view_item_order on view_item (shop, sku, ord);

-- The moment of the newest edit of a line of an order, if there was any: what is older does not bring the line back.
create table view_edit (
    shop text not null, ord text not null, line text not null, at {real} not null, primary key (shop, ord, line)
) {without_rowid};

-- The newest count of a SKU in a place, by its as-of time.
create table view_stock (
    shop text not null, sku text not null, location text not null, on_hand bigint not null, as_of {real} not null,
    contains {real} not null, safety bigint not null, primary key (shop, sku, location)
) {without_rowid};

-- What left in which parcel: for the day of a recall. `lot` is '' where nobody knows it.
create table view_packed (
    shop text not null, sku text not null, lot text not null, shipment text not null, ord text not null,
    household text, quantity bigint not null, at {real} not null, primary key (shop, sku, lot, shipment)
) {without_rowid};
create index view_packed_order on view_packed (shop, ord, sku, quantity);
create index view_packed_household on view_packed (shop, household) where household is not null;

-- Pets by household, and the day of a death. No names.
create table view_pet (
    shop text not null, id text not null, household text not null, species text, died text, primary key (shop, id)
) {without_rowid};
create index view_pet_household on view_pet (shop, household);

-- Carts as of their newest change; `ord` once bought.
create table view_cart (
    shop text not null, id text not null, household text, changed {real}, currency text, worth bigint, items bigint,
    ord text, primary key (shop, id)
) {without_rowid};
create index view_cart_changed on view_cart (shop, changed) where ord is null;

-- Autoships as of their newest word: what they will take from stock, and when. `state_at`, `next_at`, `at`: when that
-- was said which stands there; 0 where nobody wrote down when.
create table view_autoship (
    shop text not null, id text not null, household text, state text, next_on text, state_at {real}, next_at {real},
    primary key (shop, id)
) {without_rowid};
create index view_autoship_due on view_autoship (shop, next_on) where state = 'active';
create index view_autoship_household on view_autoship (shop, household) where household is not null;
create table view_autoship_item (
    shop text not null, autoship text not null, sku text not null, quantity bigint not null,
    at {real} not null default 0, primary key (shop, autoship, sku)
) {without_rowid};
create index view_autoship_item_sku on view_autoship_item (shop, sku);

-- Recalls by SKU; `whole` is 1 where every lot of it is recalled.
create table view_recall (
    shop text not null, sku text not null, recall text not null, whole smallint not null, primary key (shop, sku, recall)
) {without_rowid};

-- What was decided about a recall: `cancel` is 1 where its orders were cancelled.
create table view_decision (
    shop text not null, recall text not null, cancel smallint not null, primary key (shop, recall)
) {without_rowid};

-- From which address (by its mark) a household's letters came back for good, and when last.
create table view_bounced (
    shop text not null, household text not null, medium text not null, address text not null, at {real} not null,
    primary key (shop, household, medium, address)
) {without_rowid};

-- What each account says of a SKU, the newest word by its as-of time; and what people confirmed of its label. `body` is
-- that word, a description in JSON: no personal data.
create table view_product (
    shop text not null, sku text not null, account text not null, as_of {real} not null, gtin text, body text not null,
    primary key (shop, sku, account)
) {without_rowid};
create index view_product_gtin on view_product (shop, gtin, sku) where gtin is not null;

-- Lots that a list had, and the day that is printed on them, if one is: as of the newest list that has it.
create table view_lot (
    shop text not null, sku text not null, lot text not null, as_of {real} not null, best_by text,
    primary key (shop, sku, lot)
) {without_rowid};

-- Bills of own orders, an entry a row: the order as it was placed, without a word or a name in it, and each edit, refund
-- and payment since. `no` of a refund is how many entries there were when it was reckoned: two never were the same bill.
create table bill (
    shop text not null, ord text not null, id text not null, no bigint, what text not null, at {real} not null,
    body text not null, primary key (shop, ord, id)
) {without_rowid};
create unique index bill_reckoned on bill (shop, ord, no);

-- When a household was last `asked` by a survey that we caused, and when it last `answered` one of any tool; 0: never.
-- `turn` is the step that asked, `before` when it was asked before that.
create table invited (
    shop text not null, household text not null, asked {real} not null default 0, before {real} not null default 0,
    answered {real} not null default 0, turn text not null default '', primary key (shop, household)
) {without_rowid};

-- What a browser did on a day (days since 1970, UTC): `visitor` is a digest, `did` has a bit for each act (model/visit.py),
-- `seen` are SKUs that it looked at, the latest first, a line each; a line that was cut off says nothing.
create table visit (
    day bigint not null, visitor bigint not null, shop text not null, at {real} not null, did bigint not null,
    seen text not null, primary key (day, visitor)
) {without_rowid};

-- The browser in which an order was placed, as it says: whose it is says `view_order`.
create table visit_order (
    shop text not null, ord text not null, visitor bigint not null, at {real} not null, primary key (shop, ord)
) {without_rowid};
create index visit_order_visitor on visit_order (shop, visitor);
create index visit_order_at on visit_order (at);

-- How many browsers did just that on a day that is over: it stays when the visits go, and is nobody's.
create table visit_figure (
    day bigint not null, shop text not null, did bigint not null, visitors bigint not null,
    primary key (day, shop, did)
) {without_rowid};

-- Webhooks that are believed and not taken apart yet, headers and body sealed by the shop's own key. `lane`: of whose
-- owner it is to be taken apart; nothing else hangs on it.
create table delivery (
    no {number} primary key, lane smallint not null, shop text not null, account text not null, at {real} not null,
    key bigint not null, body {bytes} not null
);
create index delivery_lane on delivery (lane, no);

-- Keys of the storefront's API. Of the key itself only the digest (SHA-256 of what is random) is here; `id` is its beginning,
-- which may be shown. `scopes` and `origins` are lists with spaces between.
create table api_key (
    id text primary key, shop text not null, digest {bytes} not null, name text not null, scopes text not null,
    origins text not null, made {real} not null, by text not null, revoked {real}
);

-- How much the shoppers of a shop wait for, where that was changed after the settings said it.
create table profile (shop text primary key, profile text not null, by text not null, at {real} not null, reason text not null);

-- What a caller of the storefront's API was answered, by the name that they gave their request (Idempotency-Key); `asked`
-- is a digest of the request. Written in the commit of what it did; `body` is sealed by the shop's own key, so a row goes
-- when its household is erased.
create table answered (
    shop text not null, caller text not null, name text not null, asked {bytes} not null, at {real} not null,
    status integer not null, key bigint not null, body {bytes} not null, household text, primary key (shop, caller, name)
) {without_rowid};
create index answered_at on answered (at);
create index answered_household on answered (household, shop) where household is not null;

-- Which order came of a cart of our own checkout, written in the order's commit. `prior` is the refused order before it,
-- '' for the first: so of several quotes of one cart one at most becomes an order, until that is refused (`back`).
create table cart_order (
    shop text not null, cart text not null, prior text not null, ord text not null, at {real} not null,
    back smallint not null default 0, primary key (shop, cart, prior)
) {without_rowid};
create index cart_order_of on cart_order (shop, ord);
create index cart_order_at on cart_order (at);

-- Who did what. Append only; `no` has no gap; `hash` covers the row and the hash before it.
create table audit (
    no {number} primary key, shop text not null, at {real} not null, by text not null, action text not null,
    target text not null, detail text not null, hash {bytes} not null
);

-- What is wrong, since when, and who was told: one open row for each cause (rule, subject). `seen` is when somebody last
-- saw the cause, `due` when the next message about it goes out (null: none), `missed` the rota's entries that the last
-- one did not reach, `reached` the channels that know of it, with their readers' zone. No personal data: no key.
create table alarm (
    no {number} primary key, shop text not null, rule text not null, subject text not null, severity text not null,
    team text not null, since {real} not null, opened {real} not null, seen {real} not null, facts text not null,
    due {real}, tries integer not null, told {real}, times integer not null, missed text not null, reached text not null,
    acknowledged {real}, acknowledged_by text, closed {real}
);
create unique index alarm_open on alarm (rule, subject) where closed is null;
create index alarm_due on alarm (due) where due is not null;
create index wait_retried on wait (run) where kind = 3;
