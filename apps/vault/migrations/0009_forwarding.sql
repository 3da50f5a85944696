-- Calls that were forwarded with a stored card to somebody else. No body, no header and no path is kept.
create table forwarding (
  id uuid primary key,
  merchant_id text not null,
  forward_request_id text not null,
  card_id uuid not null,
  destination text not null,                -- its name in the operator's file, and its host then
  host text not null,
  -- SENT: the receiver may have acted, and no answer is known. FAILED: nothing left, and the id may be used again.
  state text not null check (state in ('SENT', 'ANSWERED', 'FAILED')),
  http_status integer check (http_status between 100 and 999),
  withheld boolean not null default false,  -- whether the answer was kept from the merchant
  sent_at timestamptz not null,
  ended_at timestamptz,
  unique (merchant_id, forward_request_id),
  check ((state = 'ANSWERED') = (http_status is not null)),
  check ((state = 'SENT') = (ended_at is null)),
  check (not withheld or state = 'ANSWERED')
);

-- What may have been sent stays so: a repeated call must not send it again.
create function forwarding_never_goes_back() returns trigger language plpgsql as $$
begin
  if new.id <> old.id or new.merchant_id <> old.merchant_id or new.forward_request_id <> old.forward_request_id then
    raise exception 'a forwarding stays what it is';
  end if;
  if old.state = 'ANSWERED' or (old.state = 'FAILED' and new.state <> 'SENT') then
    raise exception 'a forwarding that has ended stays so';
  end if;
  return new;
end
$$;
create trigger forwarding_guard before update on forwarding
  for each row execute function forwarding_never_goes_back();
