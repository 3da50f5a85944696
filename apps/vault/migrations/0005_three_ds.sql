-- 3-D Secure: what directory servers and issuers' access control servers were asked about a buyer, and what they said.

-- One run of 3-D Secure for a vaulting; the last one counts. Whoever takes a message writes down what it said; the
-- process that has the CVV goes on with it. Never digits of a card: the number is put into a message while it leaves.
create table authentication (
  id uuid primary key,                      -- threeDSServerTransID
  vaulting_id uuid not null,                -- and of the card
  merchant_id text not null,
  vaulting_request_id text not null,
  attempt integer not null check (attempt > 0),
  reason text not null check (reason in ('REQUEST', 'POLICY', 'RANGE', 'SOFT_DECLINE')),
  directory text not null,                  -- whose messages count: another directory server's are refused
  network text not null,
  version text not null,                    -- messageVersion
  category text not null check (category in ('01', '02')),
  -- BROWSER: the 3DS Method runs and the browser's facts are missing. READY: they are there, the AReq can leave.
  -- SENT: the AReq has left. CHALLENGE: the buyer has to pass one. RESULT: it is known how it went. DONE: nothing
  -- more comes of it.
  state text not null check (state in ('BROWSER', 'READY', 'SENT', 'CHALLENGE', 'RESULT', 'DONE')),
  method_url text,
  method_done_at timestamptz,               -- when the method called back
  browser jsonb,                            -- what is known of the browser; forgotten at the end
  ds_trans_id text,
  acs_trans_id text,
  challenge_sealed bytea,                   -- where and how the challenge goes on; forgotten at the end
  returned_at timestamptz,                  -- when the browser came back from the challenge; decides nothing
  outcome_sealed bytea,                     -- what ARes or RReq said, bound to this row
  ended text check (ended in ('USED', 'REFUSED', 'UNAVAILABLE', 'SILENT', 'REPEATED', 'CLOSED')),
  created_at timestamptz not null,
  check ((state = 'DONE') = (ended is not null))
);
create index authentication_vaulting on authentication (vaulting_id);

alter table buyer_step
  add column authentication uuid;           -- the run of 3-D Secure that the buyer's page shows

alter table merchant
  add column three_ds text not null default 'DEFAULT' check (three_ds in ('DEFAULT', 'ALWAYS', 'NEVER'));

-- Whether the operator's table demands 3-D Secure for the range.
alter table card_range
  add column three_ds_required boolean not null default false;
