-- name: lock!
-- Held until the transaction ends.
select pg_advisory_xact_lock(hashtextextended(:name, 0));

-- name: note_fact$
-- The fact's id, or null where it was taken before.
insert into fact (id, kind, body, at) values (:id, :kind, :body, :at) on conflict do nothing returning id;

-- name: note_move!
insert into move (fact_id, journey_id, event, from_state, to_state, step)
values (:fact_id, :journey_id, :event, :from_state, :to_state, :step);

-- name: keep_letter$
-- The letter's number, or null where it was kept before.
insert into inbox (source, source_id, body, headers, received_at)
values (:source, :source_id, :body, :headers, :received_at)
on conflict do nothing returning id;

-- name: take_in
-- The letters that are new: the work of reading them is at the end of their lines, as `queue` puts it there. Letters
-- and lines are written by name, so that two that write the same ones wait for each other in one direction only.
with arrival as materialized (
    select * from unnest(
        :sources::text[], :source_ids::text[], :bodies::bytea[], :headers::jsonb[], :times::timestamptz[],
        :lines::text[], :kinds::text[], :urgencies::smallint[]
    ) with ordinality given (source, source_id, body, headers, received_at, line, kind, urgency, number)
), letter as (
    insert into inbox (source, source_id, body, headers, received_at)
    select source, source_id, body, headers, received_at from arrival order by source, source_id, number
    on conflict do nothing returning id, source, source_id
), job as (
    insert into work (line, kind, body, run_at, urgency)
    select line, kind, jsonb_build_object('inbox_id', id), now(), urgency
    from letter join (select distinct on (source, source_id) * from arrival order by source, source_id, number) first
        using (source, source_id)
    order by number
    returning line, run_at, urgency
), line as (
    insert into line as kept (key, due, urgency) select line, min(run_at), min(urgency) from job group by line order by line
    on conflict (key) do update
    set urgency = least(kept.urgency, excluded.urgency),
        due = least(kept.due, greatest(
            kept.held_until, case when excluded.urgency <= 1 then kept.urgent_at else kept.free_at end, excluded.due
        ))
    where not kept.busy
)
select source, source_id from letter;

-- name: letter^
select source, source_id, body, headers, received_at from inbox where id = :id;

-- name: chat^
select * from chat where chat_id = :chat_id;

-- name: chat_of_user^
select * from chat where user_id = :user_id;

-- name: chat_of_buyer^
select chat.* from chat join buyer on buyer.telegram_user_id = chat.user_id where buyer.buyer_id = :buyer_id;

-- name: save_chat!
insert into chat (chat_id, user_id, name, language, chosen, buyer_id, unreachable_at, heard_at)
values (:chat_id, :user_id, :name, :language, :chosen, :buyer_id, :unreachable_at, :heard_at)
on conflict (chat_id) do update
set name = excluded.name, language = excluded.language, chosen = excluded.chosen, buyer_id = excluded.buyer_id,
    unreachable_at = excluded.unreachable_at, heard_at = excluded.heard_at;

-- name: buyer^
select * from buyer where buyer_id = :buyer_id;

-- name: buyer_of_user^
select * from buyer where telegram_user_id = :user_id;

-- name: buyers_of_wallet
select * from buyer where wallet_id = :wallet_id order by buyer_id;

-- name: save_buyer!
insert into buyer (buyer_id, display_name, telegram_user_id, connection_at, alipay, alipay_at, alipay_limit, wallet_id)
values (:buyer_id, :display_name, :telegram_user_id, :connection_at, :alipay, :alipay_at, :alipay_limit, :wallet_id)
on conflict (buyer_id) do update
set display_name = excluded.display_name, telegram_user_id = excluded.telegram_user_id,
    connection_at = excluded.connection_at, alipay = excluded.alipay, alipay_at = excluded.alipay_at,
    alipay_limit = excluded.alipay_limit, wallet_id = excluded.wallet_id;

-- name: journey^
select * from journey where id = :id;

-- name: journey_of_order^
select * from journey where order_id = :order_id;

-- name: journeys
-- Oldest first; of one kind where one is named.
select * from journey
where buyer_id = :buyer_id and (:kind::text is null or kind = :kind)
order by number;

-- name: insert_journey$
insert into journey (id, kind, buyer_id, path, state, item, "order", charge_id, settled_by, reason, news, version)
values (:id, :kind, :buyer_id, :path, :state, :item, :order, :charge_id, :settled_by, :reason, :news, 1)
on conflict do nothing returning version;

-- name: update_journey$
-- Null where somebody saved a newer version meanwhile.
update journey
set path = :path, state = :state, item = :item, "order" = :order, charge_id = :charge_id, settled_by = :settled_by,
    reason = :reason, news = :news, version = version + 1
where id = :id and version = :version
returning version;

-- name: newer$
-- The version where it is the newest so far, else null.
insert into order_version (order_id, version) values (:order_id, :version)
on conflict (order_id) do update set version = excluded.version where order_version.version < excluded.version
returning version;

-- name: charge^
select * from charge where id = :id;

-- name: charge_of_token^
select * from charge where token = :token;

-- name: charges
-- Oldest first.
select * from charge where journey_id = :journey_id order by number;

-- name: save_charge!
-- The state only grows: late news changes nothing that is final.
insert into charge (
    id, journey_id, token, currency, amount, issued_at, expires_at, state, void, closing, device, client_ip,
    gateway_id, url, paid_currency, paid_amount, paid_at, reason, estimate_currency, estimate_amount, estimated_at
) values (
    :id, :journey_id, :token, :currency, :amount, :issued_at, :expires_at, :state, :void, :closing, :device, :client_ip,
    :gateway_id, :url, :paid_currency, :paid_amount, :paid_at, :reason, :estimate_currency, :estimate_amount,
    :estimated_at
)
on conflict (id) do update
set state = excluded.state, void = excluded.void, closing = excluded.closing, device = excluded.device,
    client_ip = excluded.client_ip, gateway_id = excluded.gateway_id, url = excluded.url,
    paid_currency = excluded.paid_currency, paid_amount = excluded.paid_amount, paid_at = excluded.paid_at,
    reason = excluded.reason, estimate_currency = excluded.estimate_currency,
    estimate_amount = excluded.estimate_amount, estimated_at = excluded.estimated_at
where charge.state <= excluded.state;

-- name: refund^
select * from refund where id = :id;

-- name: refunds
-- Oldest first.
select * from refund where charge_id = :charge_id order by intended_at, id;

-- name: save_refund!
-- The state only grows.
insert into refund (id, charge_id, currency, amount, intended_at, ours, state, gateway_id, reason)
values (:id, :charge_id, :currency, :amount, :intended_at, :ours, :state, :gateway_id, :reason)
on conflict (id) do update
set state = excluded.state, currency = excluded.currency, amount = excluded.amount, gateway_id = excluded.gateway_id, reason = excluded.reason
where refund.state <= excluded.state;

-- name: button^
select * from button where id = :id;

-- name: save_button!
insert into button (id, chat_id, act, subject, expires_at) values (:id, :chat_id, :act, :subject, :expires_at);

-- name: card^
select * from card where journey_id = :journey_id;

-- name: save_card!
insert into card (journey_id, chat_id, message_id, version, announced, older)
values (:journey_id, :chat_id, :message_id, :version, :announced, :older)
on conflict (journey_id) do update
set chat_id = excluded.chat_id, message_id = excluded.message_id, version = excluded.version,
    announced = excluded.announced, older = excluded.older;

-- name: digest^
select * from digest where chat_id = :chat_id and message_id = :message_id;

-- name: digests
-- Those that show a journey; `shows` is a list of one line that names it.
select * from digest where lines @> :shows order by chat_id, message_id;

-- name: save_digest!
insert into digest (chat_id, message_id, lines) values (:chat_id, :message_id, :lines)
on conflict (chat_id, message_id) do update set lines = excluded.lines;

-- name: reminder^
select * from reminder where journey_id = :journey_id;

-- name: save_reminder!
insert into reminder (journey_id, pay_by, known_at, sent, snoozed_until, acknowledged)
values (:journey_id, :pay_by, :known_at, :sent, :snoozed_until, :acknowledged)
on conflict (journey_id) do update
set pay_by = excluded.pay_by, known_at = excluded.known_at, sent = excluded.sent,
    snoozed_until = excluded.snoozed_until, acknowledged = excluded.acknowledged;

-- name: preference^
select * from preference where chat_id = :chat_id;

-- name: save_preference!
insert into preference (chat_id, zone, is_guessed, muted, quiet_from, quiet_until, zone_asked_at)
values (:chat_id, :zone, :is_guessed, :muted, :quiet_from, :quiet_until, :zone_asked_at)
on conflict (chat_id) do update
set zone = excluded.zone, is_guessed = excluded.is_guessed, muted = excluded.muted, quiet_from = excluded.quiet_from,
    quiet_until = excluded.quiet_until, zone_asked_at = excluded.zone_asked_at;

-- name: moved_chat^
select * from moved_chat where chat_id = :chat_id;

-- name: save_moved_chat!
insert into moved_chat (chat_id, moved_to) values (:chat_id, :moved_to)
on conflict (chat_id) do update set moved_to = excluded.moved_to;

-- name: note_attempt!
insert into delivery (view, says, buyer_id, journey_id, step, chat_id, result, message_id, reason, until)
values (
    :view, :says, coalesce(:buyer_id, (select buyer_id from chat where chat_id = :chat_id)), :journey_id, :step,
    :chat_id, :result, :message_id, :reason, :until
);
