-- Paying with stored cards. Buyers' pages, 3-D Secure, the timeline and the messages to issuers serve payments as they
-- serve vaultings; `about` says which of the two a row belongs to, and `vaulting_request_id` then holds the
-- paymentRequestId.
alter table vaulting_event add column about text not null default 'VAULTING' check (about in ('VAULTING', 'PAYMENT'));
alter table buyer_step add column about text not null default 'VAULTING' check (about in ('VAULTING', 'PAYMENT'));
alter table authentication add column about text not null default 'VAULTING' check (about in ('VAULTING', 'PAYMENT'));

-- A deleted token leaves its row: number, holder and fingerprint are erased, the keyed lookup stays, so that deleting it
-- again is a success and nobody else can ever be given the same token. What the vaulting was answered stays as well.
alter table sealed_card alter column pan_sealed drop not null;
alter table sealed_card alter column pan_dek_id drop not null;
alter table sealed_card alter column fingerprint drop not null;
alter table sealed_card
  -- A token pays for ever, a nonce once and soon, and the card of one payment goes when that is decided.
  add column use text not null default 'TOKEN' check (use in ('TOKEN', 'NONCE', 'PAYMENT')),
  add column usable_until timestamptz,
  add column deleted_at timestamptz,
  -- What an issuer said never to try again without the buyer.
  add column never_retry_code text,
  add column never_retry_at timestamptz,
  add check ((pan_sealed is null) = (deleted_at is not null)),
  add check ((pan_sealed is null) = (pan_dek_id is null)),
  add check ((pan_sealed is null) = (fingerprint is null)),
  add check (pan_sealed is not null or holder_sealed is null),
  add check ((use = 'NONCE') = (usable_until is not null));

create index sealed_card_nonce on sealed_card (usable_until) where use = 'NONCE';

create table payment (
  id uuid primary key,
  merchant_id text not null,
  payment_request_id text not null,
  payment_id text not null,
  request_mac bytea not null,
  -- Of a token its card, else the payment's own id.
  card_id uuid not null,
  -- In the currency's smallest unit.
  amount bigint not null check (amount between 1 and 999999999999),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- How money moves: with the authorisation, right after it, or when it is captured by a call.
  mode text not null check (mode in ('SALE', 'AUTOMATIC', 'MANUAL')),
  state text not null check (state in ('PROCESSING', 'AUTHORISED', 'FAIL', 'CANCELLED')),
  result_code text,
  result_message text,
  -- What is captured and refunded, with what is under way: its sums may never come to more.
  captured bigint not null default 0,
  refunded bigint not null default 0,
  -- What goes back as it came, and what is shown of the card.
  shown_sealed bytea not null,
  notification_url text,
  received_at timestamptz not null,
  settle_at timestamptz not null,
  concluded_at timestamptz,
  cancelled_at timestamptz,
  -- Until when an authorisation can be captured; and when what is left of it was given up, and why.
  expires_at timestamptz,
  released_at timestamptz,
  released_by text check (released_by in ('EXPIRY', 'CANCEL', 'LAST_CAPTURE', 'REFUSED_CAPTURE')),
  -- The process that works on it, and when it asked the issuer.
  holder uuid,
  asked_at timestamptz,
  awaits_buyer boolean not null default false,
  -- The authorisation, as later messages name it.
  acquirer text,
  network text,
  reference jsonb,
  auth_code text,
  unique (merchant_id, payment_request_id),
  unique (merchant_id, payment_id),
  check (refunded >= 0 and refunded <= captured and captured <= amount),
  check ((state = 'PROCESSING') = (result_code is null)),
  check ((state = 'PROCESSING') = (concluded_at is null)),
  check ((state = 'CANCELLED') = (cancelled_at is not null)),
  check ((released_at is null) = (released_by is null)),
  check (captured = 0 or state in ('AUTHORISED', 'CANCELLED'))
);

create index payment_unfinished on payment (settle_at) where state = 'PROCESSING';
create index payment_awaits_buyer on payment (holder) where state = 'PROCESSING' and awaits_buyer;
create index payment_expires on payment (expires_at)
  where state = 'AUTHORISED' and mode = 'MANUAL' and released_at is null;

create table payment_operation (
  id uuid primary key,
  merchant_id text not null,
  kind text not null check (kind in ('CAPTURE', 'REFUND')),
  request_id text not null,
  -- captureId or refundId.
  operation_id text not null,
  payment uuid not null references payment (id),
  amount bigint not null check (amount > 0),
  is_last boolean not null default false,
  -- Whether nobody asked for it by a call: the capture of a sale, or the one right after an authorisation.
  by_itself boolean not null default false,
  state text not null check (state in ('PROCESSING', 'SUCCESS', 'FAIL')),
  result_code text,
  result_message text,
  notification_url text,
  echo_sealed bytea,
  rrn text,
  created_at timestamptz not null,
  concluded_at timestamptz,
  unique (merchant_id, kind, request_id),
  unique (merchant_id, kind, operation_id),
  check ((state = 'PROCESSING') = (result_code is null)),
  check ((state = 'PROCESSING') = (concluded_at is null))
);

create index payment_operation_payment on payment_operation (payment);

-- Questions to issuers, and advices: what the issuer is told about money, until it has taken note of it.
alter table issuer_message
  add column about text not null default 'VAULTING' check (about in ('VAULTING', 'PAYMENT')),
  add column what text not null default 'QUESTION' check (what in ('QUESTION', 'CAPTURE', 'REFUND', 'VOID')),
  add column subject uuid,
  -- Where the card is sealed; without one it has the message's own id. Gone when its token was deleted.
  add column card_id uuid,
  add column amount bigint not null default 0,
  add column sale boolean not null default false,
  -- Of an advice: the authorisation that it is about, and of a partial reversal what stays of it.
  add column original jsonb,
  add column auth_code text,
  add column remaining bigint,
  add check ((what = 'QUESTION') = (original is null)),
  add check (about = 'PAYMENT' or what = 'QUESTION'),
  add check ((about = 'PAYMENT') = (subject is not null));

-- Each acquirer has its own turn, which must not read what waits for another.
create index issuer_message_acquirer on issuer_message (acquirer, due_at);

-- Money cannot be made: what a payment says is captured and refunded is what its operations come to, whoever writes.
create function payment_sums_hold() returns trigger language plpgsql as $$
declare
  the_payment uuid;
  told record;
  counted record;
begin
  if tg_table_name = 'payment' then
    the_payment := new.id;
  else
    the_payment := new.payment;
  end if;
  select captured, refunded into told from payment where id = the_payment;
  select coalesce(sum(amount) filter (where kind = 'CAPTURE'), 0) as captured,
         coalesce(sum(amount) filter (where kind = 'REFUND'), 0) as refunded
    into counted from payment_operation where payment = the_payment and state <> 'FAIL';
  if told.captured <> counted.captured or told.refunded <> counted.refunded then
    raise exception 'the sums of a payment are not those of its operations';
  end if;
  return null;
end
$$;

create constraint trigger payment_sums after insert or update of captured, refunded on payment
  deferrable initially deferred for each row execute function payment_sums_hold();
create constraint trigger payment_operation_sums after insert or update of state on payment_operation
  deferrable initially deferred for each row execute function payment_sums_hold();

-- What was decided stays so, and what was asked for never becomes another amount.
create function payment_never_goes_back() returns trigger language plpgsql as $$
begin
  if new.amount <> old.amount or new.currency <> old.currency or new.mode <> old.mode or new.card_id <> old.card_id
     or new.merchant_id <> old.merchant_id or new.payment_request_id <> old.payment_request_id
     or new.payment_id <> old.payment_id then
    raise exception 'a payment stays what it was asked to be';
  end if;
  if old.state <> new.state and old.state <> 'PROCESSING'
     and not (old.state = 'AUTHORISED' and new.state = 'CANCELLED') then
    raise exception 'a payment that is decided stays so';
  end if;
  if old.state <> 'PROCESSING'
     and (new.result_code, new.result_message, new.concluded_at, new.expires_at, new.acquirer, new.network, new.reference,
          new.auth_code)
         is distinct from
         (old.result_code, old.result_message, old.concluded_at, old.expires_at, old.acquirer, old.network, old.reference,
          old.auth_code) then
    raise exception 'what was decided of a payment stays so';
  end if;
  return new;
end
$$;
create trigger payment_guard before update on payment
  for each row execute function payment_never_goes_back();

create function payment_operation_never_goes_back() returns trigger language plpgsql as $$
begin
  if new.amount <> old.amount or new.payment <> old.payment or new.kind <> old.kind
     or new.request_id <> old.request_id or new.merchant_id <> old.merchant_id
     or new.operation_id <> old.operation_id or new.by_itself <> old.by_itself then
    raise exception 'an operation stays what it was asked to be';
  end if;
  if old.state <> new.state and old.state <> 'PROCESSING' then
    raise exception 'an operation that is decided stays so';
  end if;
  if old.state <> 'PROCESSING'
     and (new.result_code, new.result_message, new.concluded_at)
         is distinct from (old.result_code, old.result_message, old.concluded_at) then
    raise exception 'what was decided of an operation stays so';
  end if;
  return new;
end
$$;
create trigger payment_operation_guard before update on payment_operation
  for each row execute function payment_operation_never_goes_back();

create function payment_is_kept() returns trigger language plpgsql as $$
begin
  raise exception 'payments are kept';
end
$$;
create trigger payment_kept before delete on payment for each row execute function payment_is_kept();
create trigger payment_operation_kept before delete on payment_operation
  for each row execute function payment_is_kept();
