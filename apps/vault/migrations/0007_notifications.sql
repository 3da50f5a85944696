-- Notifications of every kind, what became of each attempt, and the sandbox's ways to try a receiver out.

-- What a notification tells of: a vaultingRequestId now, the ids of payments, captures and refunds to come.
alter table notification rename column vaulting_request_id to subject_id;
alter table notification
  drop constraint notification_vaulting_request_id_merchant_id_kind_key,
  drop constraint notification_kind_check,
  add constraint notification_kind_check
    check (kind in ('notifyVaulting', 'notifyPayment', 'notifyCapture', 'notifyRefund')),
  alter column url drop not null,           -- nobody was told: neither request nor merchant named an address
  -- Whose places a delivery takes, beside its merchant's: host and port as they are spelled.
  add column host text generated always as
    (coalesce(lower(substring(url from '^[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#]*)')), '')) stored,
  add column resend_of uuid references notification,  -- one more delivery outside of the series
  add column cancelled_at timestamptz,      -- somebody ended the series
  add column signed text not null default 'rightly' check (signed in ('rightly', 'wrongly', 'with another key', 'not at all')),
  -- What the sandbox has played with it already, once at most.
  add column played text check (played in ('late', 'twice', 'out of order', 'before the answer'));
-- From lane to lane: what a merchant has for one host.
drop index notification_due;
create index notification_due on notification (merchant_id, host, due_at) where due_at is not null;
create unique index notification_subject on notification (merchant_id, subject_id, kind) where resend_of is null;
create index notification_resend on notification (resend_of) where resend_of is not null;

alter table notification_attempt
  add column took_ms integer,
  add column target text,                   -- where it went instead of the notification's own address
  add column answer text,                   -- the beginning of an answer that did not acknowledge, masked
  add column signed text not null default 'rightly' check (signed in ('rightly', 'wrongly', 'with another key', 'not at all')),
  add column body_sha256 bytea;             -- of what was sent

-- A developer's `coffer listen`, which stands in for a merchant's address while it renews this.
create table sandbox_listener (
  merchant_id text primary key references merchant,
  id uuid not null,
  port integer not null check (port between 1 and 65535),  -- of the listener, on loopback
  forward_to text not null,                 -- for which address notifications are signed
  attached_until timestamptz not null       -- by the database's clock
);

-- What the sandbox does with the next notifications, so that receivers can be tried.
create table notification_rule (
  id uuid primary key,
  merchant_id text references merchant,     -- of all merchants without
  what text not null check (what in ('late', 'twice', 'out of order', 'before the answer',
                                     'wrongly', 'with another key', 'not at all')),
  late_ms bigint check (late_ms > 0),
  subject_prefix text,                      -- only of ids that begin like this
  times integer check (times >= 0),         -- how often it is still used; without end if null
  created_at timestamptz not null,
  check ((what = 'late') = (late_ms is not null))
);
create index notification_waits_for_another on notification (merchant_id)
  where played = 'out of order' and attempts_made = 0;
