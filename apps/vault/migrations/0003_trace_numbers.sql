-- How far the trace numbers (STAN) of each acquiring institution have been given out. Processes take them in blocks, so
-- that a number is used by one of them alone, also after a crash: what was left of a block is passed over.
create table trace_number (
  acquirer_id text primary key,             -- data element 32: links under one of these share their numbers
  given_out bigint not null check (given_out >= 0),  -- in all; the number on the wire begins again after 999999
  given_out_at timestamptz not null
);
