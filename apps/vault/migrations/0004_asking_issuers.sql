-- What is asked of issuers, and what a buyer is asked: everything that may be under way when a process dies.

-- Processes that answer calls. A vaulting belongs to the process that received it, since only that one has the CVV.
create table process (
  id uuid primary key,
  alive_until_ms bigint not null            -- by the machine's clock, also in a sandbox: life is not played
);

alter table vaulting
  add column holder uuid,                   -- the process that works on it; null when anybody may go on
  add column asked_at timestamptz,          -- set before the issuer is asked, and never again: it is asked once
  add column awaits_buyer boolean not null default false;
create index vaulting_awaits_buyer on vaulting (holder) where state = 'PROCESSING' and awaits_buyer;

-- The network that every later message about a stored card uses, who chose it and when.
alter table sealed_card
  add column network text,
  add column network_chosen_by text check (network_chosen_by in ('BUYER', 'MERCHANT', 'DEFAULT', 'ONLY')),
  add column network_chosen_at timestamptz;

-- The public name of a number within one merchant: random, so that the key of the fingerprint can be changed.
create table card_fingerprint (
  fingerprint bytea primary key,            -- keyed per merchant, of the number
  merchant_id text not null,
  public_id text not null unique
);

-- A question to an issuer whose answer is not on record. Written before the question leaves; a clear answer deletes it in
-- the transaction of the outcome. What is left is taken back, again and again until that is acknowledged; until then the
-- sealed card stays, as its number is needed. There are never digits in here.
create table issuer_message (
  id uuid primary key,                      -- of the vaulting and of its card
  merchant_id text not null,
  vaulting_request_id text not null,
  acquirer text not null,
  network text not null,
  currency text not null,
  reference jsonb not null,                 -- what names the message: trace number, instants, reference number
  state text not null check (state in ('SENT', 'REVERSING')),
  asked_at timestamptz not null,
  reversal_reference jsonb,                 -- the same for every repeat of the reversal
  reversals_made integer not null default 0,
  due_at timestamptz not null,              -- SENT: unanswered from here on. REVERSING: when it is sent next
  lease_token uuid,
  lease_until timestamptz,
  check ((state = 'REVERSING') = (reversal_reference is not null))
);
create index issuer_message_due on issuer_message (due_at);

-- What a buyer is asked in the browser, and what was chosen.
create table buyer_step (
  id uuid primary key,                      -- of the vaulting
  merchant_id text not null,
  vaulting_request_id text not null,
  redirect_url text not null,
  networks text[] not null,                 -- what can be chosen, in the order in which it is shown
  chosen text,
  chosen_at timestamptz,
  created_at timestamptz not null,
  check ((chosen is null) = (chosen_at is null))
);

alter table merchant
  add column strict boolean not null default false,  -- enforce what cards of a country must come with
  add column region text;                   -- ISO 3166-1 alpha-2: where the merchant is, when a request does not say

-- What older processes left under way may have been asked about; nobody knows by what name.
update vaulting set asked_at = received_at where state = 'PROCESSING';
