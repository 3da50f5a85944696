-- The operator's table of card ranges, in versions. An import adds a version; rows of a version never change and none is
-- deleted, so that any earlier one can be made active again. There are no card numbers in here: a range leaves at least
-- four digits open.

create table card_range_version (
  version integer primary key check (version > 0),
  file_name text not null,
  file_sha256 bytea not null,
  row_count integer not null check (row_count > 0),
  rows_sha256 bytea not null,               -- over the rows in their order: a version whose rows differ is not used
  note text,
  imported_at timestamptz not null,
  imported_by text not null
);

-- Without a foreign key to its version: both are written in one transaction, and the check would cost more than the row.
create table card_range (
  version integer not null,
  position integer not null,                -- in the order of the numbers
  low text not null,                        -- 19 digits
  high text not null,
  pan_lengths text not null,                -- e.g. 16|19
  networks text not null,                   -- e.g. CARTES_BANCAIRES|VISA, the issuer's default first
  issuing_country text,
  funding text,
  issuer_name text,
  luhn boolean not null,
  cvv_length smallint not null,
  category text,
  valid_from date,
  valid_to date,
  primary key (version, position)
);

-- Which version counted when; the last row is the one that counts. Rows are only ever added.
create table card_range_activation (
  seq integer primary key check (seq > 0),
  version integer references card_range_version, -- null: the built-in ranges alone
  activated_at timestamptz not null,
  activated_by text not null
);
