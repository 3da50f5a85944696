-- Leases of messages to issuers count by the database's clock from here on. Those that are held were set by the
-- business's, which in a sandbox may be years ahead.
update issuer_message set lease_until = null, lease_token = null where lease_token is not null;
