-- Made from the migrations by `npm run schema`. Write a migration instead.

create table audit (
  seq bigint not null generated always as identity,
  at timestamp with time zone not null,
  actor text not null,
  action text not null,
  reason text not null,
  merchant_id text,
  object text not null,
  ok boolean not null,
  constraint audit_pkey PRIMARY KEY (seq)
);

CREATE TRIGGER audit_no_change BEFORE DELETE OR UPDATE ON public.audit FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();

CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON public.audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

create table authentication (
  id uuid not null,
  vaulting_id uuid not null,
  merchant_id text not null,
  vaulting_request_id text not null,
  attempt integer not null,
  reason text not null,
  directory text not null,
  network text not null,
  version text not null,
  category text not null,
  state text not null,
  method_url text,
  method_done_at timestamp with time zone,
  browser jsonb,
  ds_trans_id text,
  acs_trans_id text,
  challenge_sealed bytea,
  returned_at timestamp with time zone,
  outcome_sealed bytea,
  ended text,
  created_at timestamp with time zone not null,
  about text not null default 'VAULTING'::text,
  constraint authentication_pkey PRIMARY KEY (id),
  constraint authentication_about_check CHECK ((about = ANY (ARRAY['VAULTING'::text, 'PAYMENT'::text]))),
  constraint authentication_attempt_check CHECK ((attempt > 0)),
  constraint authentication_category_check CHECK ((category = ANY (ARRAY['01'::text, '02'::text]))),
  constraint authentication_check CHECK (((state = 'DONE'::text) = (ended IS NOT NULL))),
  constraint authentication_ended_check CHECK ((ended = ANY (ARRAY['USED'::text, 'REFUSED'::text, 'UNAVAILABLE'::text, 'SILENT'::text, 'REPEATED'::text, 'CLOSED'::text]))),
  constraint authentication_reason_check CHECK ((reason = ANY (ARRAY['REQUEST'::text, 'POLICY'::text, 'RANGE'::text, 'SOFT_DECLINE'::text]))),
  constraint authentication_state_check CHECK ((state = ANY (ARRAY['BROWSER'::text, 'READY'::text, 'SENT'::text, 'CHALLENGE'::text, 'RESULT'::text, 'DONE'::text])))
);

CREATE INDEX authentication_vaulting ON public.authentication USING btree (vaulting_id);

create table buyer_step (
  id uuid not null,
  merchant_id text not null,
  vaulting_request_id text not null,
  redirect_url text not null,
  networks text[] not null,
  chosen text,
  chosen_at timestamp with time zone,
  created_at timestamp with time zone not null,
  authentication uuid,
  about text not null default 'VAULTING'::text,
  constraint buyer_step_pkey PRIMARY KEY (id),
  constraint buyer_step_about_check CHECK ((about = ANY (ARRAY['VAULTING'::text, 'PAYMENT'::text]))),
  constraint buyer_step_check CHECK (((chosen IS NULL) = (chosen_at IS NULL)))
);

create table card_fingerprint (
  fingerprint bytea not null,
  merchant_id text not null,
  public_id text not null,
  constraint card_fingerprint_public_id_key UNIQUE (public_id),
  constraint card_fingerprint_pkey PRIMARY KEY (fingerprint)
);

create table card_range (
  version integer not null,
  position integer not null,
  low text not null,
  high text not null,
  pan_lengths text not null,
  networks text not null,
  issuing_country text,
  funding text,
  issuer_name text,
  luhn boolean not null,
  cvv_length smallint not null,
  category text,
  valid_from date,
  valid_to date,
  three_ds_required boolean not null default false,
  constraint card_range_pkey PRIMARY KEY (version, "position")
);

create table card_range_activation (
  seq integer not null,
  version integer,
  activated_at timestamp with time zone not null,
  activated_by text not null,
  constraint card_range_activation_pkey PRIMARY KEY (seq),
  constraint card_range_activation_version_fkey FOREIGN KEY (version) REFERENCES card_range_version(version),
  constraint card_range_activation_seq_check CHECK ((seq > 0))
);

create table card_range_version (
  version integer not null,
  file_name text not null,
  file_sha256 bytea not null,
  row_count integer not null,
  rows_sha256 bytea not null,
  note text,
  imported_at timestamp with time zone not null,
  imported_by text not null,
  constraint card_range_version_pkey PRIMARY KEY (version),
  constraint card_range_version_row_count_check CHECK ((row_count > 0)),
  constraint card_range_version_version_check CHECK ((version > 0))
);

create table dek (
  id uuid not null,
  merchant_id text not null,
  purpose text not null,
  generation integer not null,
  kek_id uuid not null,
  wrapped bytea not null,
  status text not null,
  created_at timestamp with time zone not null,
  constraint dek_merchant_id_purpose_generation_key UNIQUE (merchant_id, purpose, generation),
  constraint dek_pkey PRIMARY KEY (id),
  constraint dek_kek_id_fkey FOREIGN KEY (kek_id) REFERENCES kek(id),
  constraint dek_generation_check CHECK ((generation > 0)),
  constraint dek_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'DECRYPT_ONLY'::text])))
);

CREATE UNIQUE INDEX dek_one_active ON public.dek USING btree (merchant_id, purpose) WHERE (status = 'ACTIVE'::text);

CREATE TRIGGER dek_guard BEFORE DELETE ON public.dek FOR EACH ROW EXECUTE FUNCTION dek_is_not_needed();

create table forwarding (
  id uuid not null,
  merchant_id text not null,
  forward_request_id text not null,
  card_id uuid not null,
  destination text not null,
  host text not null,
  state text not null,
  http_status integer,
  withheld boolean not null default false,
  sent_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  constraint forwarding_merchant_id_forward_request_id_key UNIQUE (merchant_id, forward_request_id),
  constraint forwarding_pkey PRIMARY KEY (id),
  constraint forwarding_check CHECK (((state = 'ANSWERED'::text) = (http_status IS NOT NULL))),
  constraint forwarding_check1 CHECK (((state = 'SENT'::text) = (ended_at IS NULL))),
  constraint forwarding_check2 CHECK (((NOT withheld) OR (state = 'ANSWERED'::text))),
  constraint forwarding_http_status_check CHECK (((http_status >= 100) AND (http_status <= 999))),
  constraint forwarding_state_check CHECK ((state = ANY (ARRAY['SENT'::text, 'ANSWERED'::text, 'FAILED'::text])))
);

CREATE TRIGGER forwarding_guard BEFORE UPDATE ON public.forwarding FOR EACH ROW EXECUTE FUNCTION forwarding_never_goes_back();

create table gateway_key (
  version integer not null,
  public_key bytea not null,
  private_key_sealed bytea not null,
  status text not null,
  created_at timestamp with time zone not null,
  constraint gateway_key_pkey PRIMARY KEY (version),
  constraint gateway_key_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'RETIRED'::text]))),
  constraint gateway_key_version_check CHECK ((version > 0))
);

create table issuer_message (
  id uuid not null,
  merchant_id text not null,
  vaulting_request_id text not null,
  acquirer text not null,
  network text not null,
  currency text not null,
  reference jsonb not null,
  state text not null,
  asked_at timestamp with time zone not null,
  reversal_reference jsonb,
  reversals_made integer not null default 0,
  due_at timestamp with time zone not null,
  lease_token uuid,
  lease_until timestamp with time zone,
  about text not null default 'VAULTING'::text,
  what text not null default 'QUESTION'::text,
  subject uuid,
  card_id uuid,
  amount bigint not null default 0,
  sale boolean not null default false,
  original jsonb,
  auth_code text,
  remaining bigint,
  constraint issuer_message_pkey PRIMARY KEY (id),
  constraint issuer_message_about_check CHECK ((about = ANY (ARRAY['VAULTING'::text, 'PAYMENT'::text]))),
  constraint issuer_message_check CHECK (((state = 'REVERSING'::text) = (reversal_reference IS NOT NULL))),
  constraint issuer_message_check1 CHECK (((what = 'QUESTION'::text) = (original IS NULL))),
  constraint issuer_message_check2 CHECK (((about = 'PAYMENT'::text) OR (what = 'QUESTION'::text))),
  constraint issuer_message_check3 CHECK (((about = 'PAYMENT'::text) = (subject IS NOT NULL))),
  constraint issuer_message_state_check CHECK ((state = ANY (ARRAY['SENT'::text, 'REVERSING'::text]))),
  constraint issuer_message_what_check CHECK ((what = ANY (ARRAY['QUESTION'::text, 'CAPTURE'::text, 'REFUND'::text, 'VOID'::text])))
);

CREATE INDEX issuer_message_acquirer ON public.issuer_message USING btree (acquirer, due_at);

CREATE INDEX issuer_message_due ON public.issuer_message USING btree (due_at);

create table kek (
  id uuid not null,
  provider text not null,
  environment text not null,
  check_value bytea not null,
  status text not null,
  created_at timestamp with time zone not null,
  constraint kek_pkey PRIMARY KEY (id),
  constraint kek_environment_check CHECK ((environment = ANY (ARRAY['sandbox'::text, 'live'::text]))),
  constraint kek_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'DECRYPT_ONLY'::text])))
);

create table merchant (
  id text not null,
  name text not null,
  status text not null,
  notification_url text,
  created_at timestamp with time zone not null,
  strict boolean not null default false,
  region text,
  three_ds text not null default 'DEFAULT'::text,
  notification_hosts text[],
  constraint merchant_pkey PRIMARY KEY (id),
  constraint merchant_notification_hosts_check CHECK ((array_length(notification_hosts, 1) > 0)),
  constraint merchant_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'DISABLED'::text]))),
  constraint merchant_three_ds_check CHECK ((three_ds = ANY (ARRAY['DEFAULT'::text, 'ALWAYS'::text, 'NEVER'::text])))
);

create table merchant_key (
  merchant_id text not null,
  version integer not null,
  public_key bytea not null,
  status text not null,
  mac bytea not null,
  created_at timestamp with time zone not null,
  constraint merchant_key_pkey PRIMARY KEY (merchant_id, version),
  constraint merchant_key_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchant(id),
  constraint merchant_key_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'REVOKED'::text]))),
  constraint merchant_key_version_check CHECK ((version > 0))
);

create table notification (
  id uuid not null,
  merchant_id text not null,
  subject_id text not null,
  kind text not null,
  url text,
  attempts_made integer not null default 0,
  due_at timestamp with time zone,
  lease_until timestamp with time zone,
  lease_token uuid,
  acknowledged_at timestamp with time zone,
  created_at timestamp with time zone not null,
  host text default COALESCE(lower("substring"(url, '^[a-zA-Z][a-zA-Z0-9+.-]*://([^/?#]*)'::text)), ''::text),
  resend_of uuid,
  cancelled_at timestamp with time zone,
  signed text not null default 'rightly'::text,
  played text,
  constraint notification_pkey PRIMARY KEY (id),
  constraint notification_resend_of_fkey FOREIGN KEY (resend_of) REFERENCES notification(id),
  constraint notification_kind_check CHECK ((kind = ANY (ARRAY['notifyVaulting'::text, 'notifyPayment'::text, 'notifyCapture'::text, 'notifyRefund'::text]))),
  constraint notification_played_check CHECK ((played = ANY (ARRAY['late'::text, 'twice'::text, 'out of order'::text, 'before the answer'::text]))),
  constraint notification_signed_check CHECK ((signed = ANY (ARRAY['rightly'::text, 'wrongly'::text, 'with another key'::text, 'not at all'::text])))
);

CREATE INDEX notification_due ON public.notification USING btree (merchant_id, host, due_at) WHERE (due_at IS NOT NULL);

CREATE INDEX notification_resend ON public.notification USING btree (resend_of) WHERE (resend_of IS NOT NULL);

CREATE INDEX notification_waits_for_another ON public.notification USING btree (merchant_id) WHERE ((played = 'out of order'::text) AND (attempts_made = 0));

CREATE UNIQUE INDEX notification_subject ON public.notification USING btree (merchant_id, subject_id, kind) WHERE (resend_of IS NULL);

create table notification_attempt (
  notification_id uuid not null,
  attempt integer not null,
  began_at timestamp with time zone not null,
  http_status integer,
  failure text,
  acknowledged boolean not null,
  took_ms integer,
  target text,
  answer text,
  signed text not null default 'rightly'::text,
  body_sha256 bytea,
  constraint notification_attempt_pkey PRIMARY KEY (notification_id, attempt),
  constraint notification_attempt_attempt_check CHECK ((attempt > 0)),
  constraint notification_attempt_signed_check CHECK ((signed = ANY (ARRAY['rightly'::text, 'wrongly'::text, 'with another key'::text, 'not at all'::text])))
);

create table notification_rule (
  id uuid not null,
  merchant_id text,
  what text not null,
  late_ms bigint,
  subject_prefix text,
  times integer,
  created_at timestamp with time zone not null,
  constraint notification_rule_pkey PRIMARY KEY (id),
  constraint notification_rule_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchant(id),
  constraint notification_rule_check CHECK (((what = 'late'::text) = (late_ms IS NOT NULL))),
  constraint notification_rule_late_ms_check CHECK ((late_ms > 0)),
  constraint notification_rule_times_check CHECK ((times >= 0)),
  constraint notification_rule_what_check CHECK ((what = ANY (ARRAY['late'::text, 'twice'::text, 'out of order'::text, 'before the answer'::text, 'wrongly'::text, 'with another key'::text, 'not at all'::text])))
);

create table payment (
  id uuid not null,
  merchant_id text not null,
  payment_request_id text not null,
  payment_id text not null,
  request_mac bytea not null,
  card_id uuid not null,
  amount bigint not null,
  currency text not null,
  mode text not null,
  state text not null,
  result_code text,
  result_message text,
  captured bigint not null default 0,
  refunded bigint not null default 0,
  shown_sealed bytea not null,
  notification_url text,
  received_at timestamp with time zone not null,
  settle_at timestamp with time zone not null,
  concluded_at timestamp with time zone,
  cancelled_at timestamp with time zone,
  expires_at timestamp with time zone,
  released_at timestamp with time zone,
  released_by text,
  holder uuid,
  asked_at timestamp with time zone,
  awaits_buyer boolean not null default false,
  acquirer text,
  network text,
  reference jsonb,
  auth_code text,
  constraint payment_merchant_id_payment_id_key UNIQUE (merchant_id, payment_id),
  constraint payment_merchant_id_payment_request_id_key UNIQUE (merchant_id, payment_request_id),
  constraint payment_sums TRIGGER DEFERRABLE INITIALLY DEFERRED,
  constraint payment_pkey PRIMARY KEY (id),
  constraint payment_amount_check CHECK (((amount >= 1) AND (amount <= '999999999999'::bigint))),
  constraint payment_check CHECK (((refunded >= 0) AND (refunded <= captured) AND (captured <= amount))),
  constraint payment_check1 CHECK (((state = 'PROCESSING'::text) = (result_code IS NULL))),
  constraint payment_check2 CHECK (((state = 'PROCESSING'::text) = (concluded_at IS NULL))),
  constraint payment_check3 CHECK (((state = 'CANCELLED'::text) = (cancelled_at IS NOT NULL))),
  constraint payment_check4 CHECK (((released_at IS NULL) = (released_by IS NULL))),
  constraint payment_check5 CHECK (((captured = 0) OR (state = ANY (ARRAY['AUTHORISED'::text, 'CANCELLED'::text])))),
  constraint payment_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text)),
  constraint payment_mode_check CHECK ((mode = ANY (ARRAY['SALE'::text, 'AUTOMATIC'::text, 'MANUAL'::text]))),
  constraint payment_released_by_check CHECK ((released_by = ANY (ARRAY['EXPIRY'::text, 'CANCEL'::text, 'LAST_CAPTURE'::text, 'REFUSED_CAPTURE'::text]))),
  constraint payment_state_check CHECK ((state = ANY (ARRAY['PROCESSING'::text, 'AUTHORISED'::text, 'FAIL'::text, 'CANCELLED'::text])))
);

CREATE INDEX payment_awaits_buyer ON public.payment USING btree (holder) WHERE ((state = 'PROCESSING'::text) AND awaits_buyer);

CREATE INDEX payment_expires ON public.payment USING btree (expires_at) WHERE ((state = 'AUTHORISED'::text) AND (mode = 'MANUAL'::text) AND (released_at IS NULL));

CREATE INDEX payment_unfinished ON public.payment USING btree (settle_at) WHERE (state = 'PROCESSING'::text);

CREATE CONSTRAINT TRIGGER payment_sums AFTER INSERT OR UPDATE OF captured, refunded ON public.payment DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payment_sums_hold();

CREATE TRIGGER payment_guard BEFORE UPDATE ON public.payment FOR EACH ROW EXECUTE FUNCTION payment_never_goes_back();

CREATE TRIGGER payment_kept BEFORE DELETE ON public.payment FOR EACH ROW EXECUTE FUNCTION payment_is_kept();

create table payment_operation (
  id uuid not null,
  merchant_id text not null,
  kind text not null,
  request_id text not null,
  operation_id text not null,
  payment uuid not null,
  amount bigint not null,
  is_last boolean not null default false,
  by_itself boolean not null default false,
  state text not null,
  result_code text,
  result_message text,
  notification_url text,
  echo_sealed bytea,
  rrn text,
  created_at timestamp with time zone not null,
  concluded_at timestamp with time zone,
  disputed_at timestamp with time zone,
  constraint payment_operation_merchant_id_kind_operation_id_key UNIQUE (merchant_id, kind, operation_id),
  constraint payment_operation_merchant_id_kind_request_id_key UNIQUE (merchant_id, kind, request_id),
  constraint payment_operation_sums TRIGGER DEFERRABLE INITIALLY DEFERRED,
  constraint payment_operation_pkey PRIMARY KEY (id),
  constraint payment_operation_payment_fkey FOREIGN KEY (payment) REFERENCES payment(id),
  constraint payment_operation_amount_check CHECK ((amount > 0)),
  constraint payment_operation_check CHECK (((state = 'PROCESSING'::text) = (result_code IS NULL))),
  constraint payment_operation_check1 CHECK (((state = 'PROCESSING'::text) = (concluded_at IS NULL))),
  constraint payment_operation_kind_check CHECK ((kind = ANY (ARRAY['CAPTURE'::text, 'REFUND'::text]))),
  constraint payment_operation_state_check CHECK ((state = ANY (ARRAY['PROCESSING'::text, 'SUCCESS'::text, 'FAIL'::text])))
);

CREATE INDEX payment_operation_payment ON public.payment_operation USING btree (payment);

CREATE CONSTRAINT TRIGGER payment_operation_sums AFTER INSERT OR UPDATE OF state ON public.payment_operation DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION payment_sums_hold();

CREATE TRIGGER payment_operation_guard BEFORE UPDATE ON public.payment_operation FOR EACH ROW EXECUTE FUNCTION payment_operation_never_goes_back();

CREATE TRIGGER payment_operation_kept BEFORE DELETE ON public.payment_operation FOR EACH ROW EXECUTE FUNCTION payment_is_kept();

create table process (
  id uuid not null,
  alive_until_ms bigint not null,
  constraint process_pkey PRIMARY KEY (id)
);

create table sandbox_clock (
  id integer not null,
  real_ms bigint not null,
  virtual_ms bigint not null,
  running boolean not null,
  held_until_real_ms bigint not null,
  constraint sandbox_clock_pkey PRIMARY KEY (id),
  constraint sandbox_clock_id_check CHECK ((id = 1))
);

create table sandbox_listener (
  merchant_id text not null,
  id uuid not null,
  port integer not null,
  forward_to text not null,
  attached_until timestamp with time zone not null,
  constraint sandbox_listener_pkey PRIMARY KEY (merchant_id),
  constraint sandbox_listener_merchant_id_fkey FOREIGN KEY (merchant_id) REFERENCES merchant(id),
  constraint sandbox_listener_port_check CHECK (((port >= 1) AND (port <= 65535)))
);

create table sealed_card (
  id uuid not null,
  merchant_id text not null,
  brand text,
  last_four text not null,
  token_lookup bytea not null,
  fingerprint bytea,
  pan_sealed bytea,
  pan_dek_id uuid,
  holder_sealed bytea,
  token_sealed bytea,
  token_dek_id uuid,
  created_at timestamp with time zone not null,
  network text,
  network_chosen_by text,
  network_chosen_at timestamp with time zone,
  use text not null default 'TOKEN'::text,
  usable_until timestamp with time zone,
  deleted_at timestamp with time zone,
  never_retry_code text,
  never_retry_at timestamp with time zone,
  constraint sealed_card_token_lookup_key UNIQUE (token_lookup),
  constraint sealed_card_pkey PRIMARY KEY (id),
  constraint sealed_card_check CHECK (((pan_sealed IS NULL) = (deleted_at IS NOT NULL))),
  constraint sealed_card_check1 CHECK (((pan_sealed IS NULL) = (pan_dek_id IS NULL))),
  constraint sealed_card_check3 CHECK (((pan_sealed IS NOT NULL) OR (holder_sealed IS NULL))),
  constraint sealed_card_check4 CHECK (((use = 'NONCE'::text) = (usable_until IS NOT NULL))),
  constraint sealed_card_fingerprinted CHECK ((((pan_sealed IS NULL) = (fingerprint IS NULL)) OR ((use = 'PAYMENT'::text) AND (fingerprint IS NULL)))),
  constraint sealed_card_network_chosen_by_check CHECK ((network_chosen_by = ANY (ARRAY['BUYER'::text, 'MERCHANT'::text, 'DEFAULT'::text, 'ONLY'::text]))),
  constraint sealed_card_use_check CHECK ((use = ANY (ARRAY['TOKEN'::text, 'NONCE'::text, 'PAYMENT'::text])))
);

CREATE INDEX sealed_card_fingerprint ON public.sealed_card USING btree (fingerprint);

CREATE INDEX sealed_card_nonce ON public.sealed_card USING btree (usable_until) WHERE (use = 'NONCE'::text);

create table trace_number (
  acquirer_id text not null,
  given_out bigint not null,
  given_out_at timestamp with time zone not null,
  constraint trace_number_pkey PRIMARY KEY (acquirer_id),
  constraint trace_number_given_out_check CHECK ((given_out >= 0))
);

create table vaulting (
  merchant_id text not null,
  vaulting_request_id text not null,
  id uuid not null,
  request_mac bytea not null,
  state text not null,
  result_code text,
  result_message text,
  notification_url text,
  echo_sealed bytea,
  received_at timestamp with time zone not null,
  settle_at timestamp with time zone not null,
  concluded_at timestamp with time zone,
  holder uuid,
  asked_at timestamp with time zone,
  awaits_buyer boolean not null default false,
  constraint vaulting_pkey PRIMARY KEY (merchant_id, vaulting_request_id),
  constraint vaulting_check CHECK (((state = 'PROCESSING'::text) = (result_code IS NULL))),
  constraint vaulting_check1 CHECK (((state = 'PROCESSING'::text) = (concluded_at IS NULL))),
  constraint vaulting_state_check CHECK ((state = ANY (ARRAY['PROCESSING'::text, 'SUCCESS'::text, 'FAIL'::text])))
);

CREATE INDEX vaulting_awaits_buyer ON public.vaulting USING btree (holder) WHERE ((state = 'PROCESSING'::text) AND awaits_buyer);

CREATE INDEX vaulting_unfinished ON public.vaulting USING btree (settle_at) WHERE (state = 'PROCESSING'::text);

create table vaulting_event (
  merchant_id text not null,
  vaulting_request_id text not null,
  seq bigint not null generated always as identity,
  at timestamp with time zone not null,
  kind text not null,
  detail jsonb not null,
  about text not null default 'VAULTING'::text,
  constraint vaulting_event_pkey PRIMARY KEY (merchant_id, vaulting_request_id, seq),
  constraint vaulting_event_about_check CHECK ((about = ANY (ARRAY['VAULTING'::text, 'PAYMENT'::text])))
);

CREATE OR REPLACE FUNCTION public.audit_is_append_only()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'the audit trail is append-only';
end
$function$;

CREATE OR REPLACE FUNCTION public.dek_is_not_needed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if exists (select from sealed_card where pan_dek_id = old.id or token_dek_id = old.id) then
    raise exception 'stored cards need this key';
  end if;
  return old;
end
$function$;

CREATE OR REPLACE FUNCTION public.forwarding_never_goes_back()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.id <> old.id or new.merchant_id <> old.merchant_id or new.forward_request_id <> old.forward_request_id then
    raise exception 'a forwarding stays what it is';
  end if;
  if old.state = 'ANSWERED' or (old.state = 'FAILED' and new.state <> 'SENT') then
    raise exception 'a forwarding that has ended stays so';
  end if;
  return new;
end
$function$;

CREATE OR REPLACE FUNCTION public.payment_is_kept()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'payments are kept';
end
$function$;

CREATE OR REPLACE FUNCTION public.payment_never_goes_back()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.payment_operation_never_goes_back()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION public.payment_sums_hold()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$;
