-- The vault: merchants, keys, vaultings with their sealed cards, notifications, and what happened.
-- Instants and ids come from the application: no now(), no random defaults (time can be played in a sandbox).

create table merchant (
  id text primary key,                      -- the client id of the wire
  name text not null,
  status text not null check (status in ('ACTIVE', 'DISABLED')),
  notification_url text,                    -- used when a request names none
  created_at timestamptz not null
);

create table merchant_key (
  merchant_id text not null references merchant,
  version integer not null check (version > 0),
  public_key bytea not null,                -- DER SubjectPublicKeyInfo
  status text not null check (status in ('ACTIVE', 'REVOKED')),
  mac bytea not null,                       -- keyed, over merchant, version, key and status: a swapped key is refused
  created_at timestamptz not null,
  primary key (merchant_id, version)
);

-- Which key encryption key this database was made with; never the key itself.
create table kek (
  id uuid primary key,
  provider text not null,
  environment text not null check (environment in ('sandbox', 'live')),
  check_value bytea not null,               -- tells a wrong key before anything is opened with it
  status text not null check (status in ('ACTIVE', 'DECRYPT_ONLY')),
  created_at timestamptz not null
);

-- Data encryption keys, wrapped by the KEK. merchant_id is '' for the keys of the vault itself.
create table dek (
  id uuid primary key,
  merchant_id text not null,
  purpose text not null,
  generation integer not null check (generation > 0),
  kek_id uuid not null references kek,
  wrapped bytea not null,
  status text not null check (status in ('ACTIVE', 'DECRYPT_ONLY')),
  created_at timestamptz not null,
  unique (merchant_id, purpose, generation)
);
create unique index dek_one_active on dek (merchant_id, purpose) where status = 'ACTIVE';

-- The keys that answers and notifications are signed with.
create table gateway_key (
  version integer primary key check (version > 0),
  public_key bytea not null,
  private_key_sealed bytea not null,
  status text not null check (status in ('ACTIVE', 'RETIRED')),
  created_at timestamptz not null
);

-- The tables below that grow with each vaulting name merchants, keys and each other without foreign keys. A check of one
-- locks the merchant's and the key's row in every transaction, and all of them then queue up at those two rows. Merchants
-- are never deleted, keys are guarded by a trigger, and what belongs together is written in one statement.

-- One row per vaultingRequestId of a merchant: idempotency record and state in one. The primary key is the lock.
create table vaulting (
  merchant_id text not null,
  vaulting_request_id text not null,
  id uuid not null,                         -- its card has the same
  request_mac bytea not null,               -- keyed digest of the request as read, without cvv, password digits and env
  state text not null check (state in ('PROCESSING', 'SUCCESS', 'FAIL')),
  result_code text,
  result_message text,
  notification_url text,
  echo_sealed bytea,                        -- metadata and customizedInfo, which go back to the merchant as they came
  received_at timestamptz not null,
  settle_at timestamptz not null,           -- from here on the sweeper may conclude what nobody else did
  concluded_at timestamptz,
  primary key (merchant_id, vaulting_request_id),
  check ((state = 'PROCESSING') = (result_code is null)),
  check ((state = 'PROCESSING') = (concluded_at is null))
);
create index vaulting_unfinished on vaulting (settle_at) where state = 'PROCESSING';

-- A card at rest. Digits stand in pan_sealed alone; a vaulting that fails deletes the row.
create table sealed_card (
  id uuid primary key,                      -- that of its vaulting
  merchant_id text not null,
  brand text,
  last_four text not null,
  token_lookup bytea not null unique,       -- keyed, of merchant and token
  fingerprint bytea not null,               -- keyed per merchant, of the number
  pan_sealed bytea not null,                -- number and expiry
  pan_dek_id uuid not null,
  holder_sealed bytea,                      -- name, address and what else was given about the holder
  token_sealed bytea,                       -- the card as answered, with its token; set when the vaulting succeeds
  token_dek_id uuid,
  created_at timestamptz not null
) with (fillfactor = 60);                   -- room for the token, which comes with the outcome
-- The fingerprint is keyed per merchant; an index that begins with the merchant would be taken for look-ups by id.
create index sealed_card_fingerprint on sealed_card (fingerprint);

-- A key that a stored card needs cannot be removed.
create function dek_is_not_needed() returns trigger language plpgsql as $$
begin
  if exists (select from sealed_card where pan_dek_id = old.id or token_dek_id = old.id) then
    raise exception 'stored cards need this key';
  end if;
  return old;
end
$$;
create trigger dek_guard before delete on dek for each row execute function dek_is_not_needed();

-- Outbox: a row is written in the transaction of the outcome that it reports.
create table notification (
  id uuid primary key,
  merchant_id text not null,
  vaulting_request_id text not null,
  kind text not null check (kind in ('notifyVaulting')),
  url text not null,
  attempts_made integer not null default 0,
  due_at timestamptz,                       -- null once the series has ended
  lease_until timestamptz,
  lease_token uuid,                         -- fences off a worker whose lease ran out
  acknowledged_at timestamptz,
  created_at timestamptz not null,
  -- In this order: an index that begins with the merchant would be taken for the walk over what is due.
  unique (vaulting_request_id, merchant_id, kind)
) with (fillfactor = 60);                   -- room for lease and attempts
create index notification_due on notification (merchant_id, due_at) where due_at is not null;

create table notification_attempt (
  notification_id uuid not null,
  attempt integer not null check (attempt > 0),
  began_at timestamptz not null,
  http_status integer,
  failure text,                             -- why it does not count as acknowledged, in words
  acknowledged boolean not null,
  primary key (notification_id, attempt)
);

-- What happened to a vaulting, redacted, for people who look into it.
create table vaulting_event (
  merchant_id text not null,
  vaulting_request_id text not null,
  seq bigint generated always as identity,
  at timestamptz not null,
  kind text not null,
  detail jsonb not null,
  primary key (merchant_id, vaulting_request_id, seq)
);

-- Who opened which sealed card and why. Rows are only ever added.
create table audit (
  seq bigint generated always as identity primary key,
  at timestamptz not null,
  actor text not null,
  action text not null,
  reason text not null,
  merchant_id text,
  object text not null,
  ok boolean not null
);

create function audit_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the audit trail is append-only';
end
$$;
create trigger audit_no_change before update or delete on audit
  for each row execute function audit_is_append_only();
create trigger audit_no_truncate before truncate on audit
  for each statement execute function audit_is_append_only();

-- The clock that every process of a sandbox follows; one row. While it stands still, `running` is false and time is
-- `virtual_ms`; else it is `virtual_ms` plus what has passed since `real_ms`.
create table sandbox_clock (
  id integer primary key check (id = 1),
  real_ms bigint not null,
  virtual_ms bigint not null,
  running boolean not null,
  held_until_real_ms bigint not null
);
