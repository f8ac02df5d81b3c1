-- Prices of then, so that a bill can be explained: 1e-9 units of the currency a token. 0 where they were not kept yet.
ALTER TABLE usage_events
  ADD COLUMN input_nanos_per_token numeric NOT NULL DEFAULT 0,
  ADD COLUMN cached_input_nanos_per_token numeric NOT NULL DEFAULT 0,
  ADD COLUMN output_nanos_per_token numeric NOT NULL DEFAULT 0;

-- Lists of events go by the time at which a request began.
DROP INDEX usage_events_tenant;
CREATE INDEX usage_events_tenant ON usage_events (tenant_id, started_at, id);
DROP INDEX usage_events_started_at;
CREATE INDEX usage_events_started_at ON usage_events (started_at, id);
