create table inbox (
    id bigint generated always as identity primary key,
    source text not null,
    source_id text not null,
    body bytea not null,
    headers jsonb not null,
    received_at timestamptz not null,
    unique (source, source_id)
);
comment on table inbox is 'What came from outside, as raw bytes, before anything is acknowledged';

create table fact (
    id text primary key,
    kind text not null,
    body jsonb not null,
    at timestamptz not null
);
comment on table fact is 'Every fact that came through the door, once; append-only';

create table move (
    id bigint generated always as identity primary key,
    fact_id text not null,
    journey_id text not null,
    event text not null,
    from_state text not null,
    to_state text not null,
    step text not null,
    at timestamptz not null default now()
);
create index move_of_journey on move (journey_id, id);
comment on table move is 'Which fact moved which journey; append-only';

create table chat (
    chat_id bigint primary key,
    user_id bigint not null unique,
    name text not null,
    language text not null,
    chosen boolean not null,
    buyer_id text
);

create table buyer (
    buyer_id text primary key,
    display_name text,
    telegram_user_id bigint unique,
    connection_at timestamptz,
    alipay text not null,
    alipay_at timestamptz,
    alipay_limit jsonb
);

create table journey (
    id text primary key,
    number bigint generated always as identity,
    kind text not null check (kind in ('verification', 'payment')),
    buyer_id text not null,
    path text not null check (path in ('first_time', 'returning')),
    state text not null,
    item jsonb,
    "order" jsonb,
    order_id text unique generated always as ("order" ->> 'order_id') stored,
    charge_id text,
    settled_by text,
    reason text,
    version integer not null,
    check (kind = 'payment' or "order" is null)
);
create index journey_of_buyer on journey (buyer_id, number);

create table order_version (
    order_id text primary key,
    version integer not null
);
comment on table order_version is 'The newest version of each order that was taken, also of orders we never saw won';

create table charge (
    id text primary key,
    number bigint generated always as identity,
    journey_id text not null references journey (id),
    token text not null unique,
    currency text not null,
    amount numeric(16) not null check (amount > 0),
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    state smallint not null,
    void boolean not null,
    device text,
    client_ip text,
    gateway_id text unique,
    url text,
    paid_currency text,
    paid_amount numeric(16),
    paid_at timestamptz,
    reason text,
    check ((state = 4) = (paid_amount is not null))
);
create index charge_of_journey on charge (journey_id, number);

create table refund (
    id text primary key,
    charge_id text not null unique references charge (id),
    currency text not null,
    amount numeric(16) not null check (amount > 0),
    state smallint not null,
    gateway_id text,
    reason text
);
comment on table refund is 'At most one for each charge; its id is derived and written before the gateway is called';

create table button (
    id text primary key,
    chat_id bigint not null,
    act text not null,
    subject text not null,
    expires_at timestamptz not null
);
create index button_expiry on button (expires_at);

create table card (
    journey_id text primary key,
    chat_id bigint not null,
    message_id bigint not null,
    version integer not null,
    announced integer not null
);

create table delivery (
    id bigint generated always as identity primary key,
    view text not null,
    journey_id text,
    step text,
    chat_id bigint not null,
    message_id bigint not null,
    at timestamptz not null default now()
);
create index delivery_of_chat on delivery (chat_id, id);

create table line (
    key text primary key,
    due timestamptz not null,
    held_until timestamptz not null default '-infinity',
    fence bigint not null default 0,
    busy boolean not null default false
) with (fillfactor = 70);
create index line_due on line (due);
comment on table line is 'One row for each key whose work keeps its order; gone when its work is done';

create sequence fence;
comment on sequence fence is 'Numbers every claim, so that a late worker cannot finish what was taken over';

create table work (
    id bigint generated always as identity primary key,
    line text not null,
    kind text not null,
    body jsonb not null,
    run_at timestamptz not null,
    attempts integer not null default 0,
    failures integer not null default 0,
    dead_at timestamptz,
    reason text
);
create index work_of_line on work (line, id) where dead_at is null;
