-- The hosts that a merchant's notification addresses may name, so that a stolen key cannot send its news elsewhere.
alter table merchant
  add column notification_hosts text[]      -- exact names, or *.name for everything below it; any host if null
    check (array_length(notification_hosts, 1) > 0);
