-- The sums of a payment and its operations are read in one statement: between two of them another transaction can end,
-- and what was right looked wrong.
create or replace function payment_sums_hold() returns trigger language plpgsql as $$
declare
  the_payment uuid;
  disagree boolean;
begin
  if tg_table_name = 'payment' then
    the_payment := new.id;
  else
    the_payment := new.payment;
  end if;
  select p.captured <> coalesce(sum(o.amount) filter (where o.kind = 'CAPTURE'), 0)
         or p.refunded <> coalesce(sum(o.amount) filter (where o.kind = 'REFUND'), 0)
    into disagree
    from payment p left join payment_operation o on o.payment = p.id and o.state <> 'FAIL'
    where p.id = the_payment
    group by p.captured, p.refunded;
  if disagree then
    raise exception 'the sums of a payment are not those of its operations';
  end if;
  return null;
end
$$;

-- Of the capture of a sale, which counts from the approval on: when its issuer refused to take note of it. Nothing of such
-- a sale is given back before somebody has looked.
alter table payment_operation add column disputed_at timestamptz;

-- The card of a payment that stores nothing has no fingerprint: nothing of it is to be recognised again, and it keeps no
-- public name of a number alive.
alter table sealed_card drop constraint sealed_card_check2;
alter table sealed_card add constraint sealed_card_fingerprinted
  check ((pan_sealed is null) = (fingerprint is null) or (use = 'PAYMENT' and fingerprint is null));
