-- The ledger outlives keys and tenants: no foreign keys.
CREATE TABLE usage_events (
  id text PRIMARY KEY,
  request_id text NOT NULL,
  tenant_id text NOT NULL,
  key_id text NOT NULL,
  mode text NOT NULL,
  surface text NOT NULL,
  model text NOT NULL,
  target text NOT NULL,
  stream boolean NOT NULL,
  status text NOT NULL,
  http_status integer NOT NULL,
  error_code text,
  prompt_tokens bigint NOT NULL,
  completion_tokens bigint NOT NULL,
  cached_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  estimated boolean NOT NULL,
  cost_nanos bigint NOT NULL,
  currency text NOT NULL,
  started_at timestamptz NOT NULL,
  duration_ms bigint NOT NULL,
  first_byte_ms bigint
);
CREATE INDEX usage_events_tenant ON usage_events (tenant_id, id);
CREATE INDEX usage_events_started_at ON usage_events (started_at);

CREATE TABLE usage_rollups (
  hour timestamptz NOT NULL,
  tenant_id text NOT NULL,
  key_id text NOT NULL,
  model text NOT NULL,
  surface text NOT NULL,
  mode text NOT NULL,
  currency text NOT NULL,
  requests bigint NOT NULL,
  errors bigint NOT NULL,
  prompt_tokens bigint NOT NULL,
  completion_tokens bigint NOT NULL,
  cached_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  cost_nanos bigint NOT NULL,
  duration_ms bigint NOT NULL,
  PRIMARY KEY (hour, tenant_id, key_id, model, surface, mode, currency)
);
CREATE INDEX usage_rollups_tenant ON usage_rollups (tenant_id, hour);
CREATE INDEX usage_rollups_key ON usage_rollups (key_id, hour);
