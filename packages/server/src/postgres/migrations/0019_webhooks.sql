-- Addresses of tenants that are told what happens.
CREATE TABLE webhook_endpoints (
  id text PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  url text NOT NULL,
  description text NOT NULL,
  -- A list of names; null: everything.
  event_types jsonb,
  enabled boolean NOT NULL,
  -- Set where the platform disabled it.
  disabled_reason text CHECK (disabled_reason IN ('gone', 'failing')),
  enabled_at timestamptz NOT NULL,
  last_success_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX webhook_endpoints_tenant ON webhook_endpoints (tenant_id, id);

-- What signs deliveries, sealed. Several while one replaces another.
CREATE TABLE webhook_secrets (
  id text PRIMARY KEY,
  endpoint_id text NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
  secret bytea NOT NULL,
  created_at timestamptz NOT NULL,
  -- null: the one that counts.
  expires_at timestamptz
);
CREATE INDEX webhook_secrets_endpoint ON webhook_secrets (endpoint_id, created_at DESC);

-- What happened, as it is sent: the very bytes that are signed.
CREATE TABLE webhook_events (
  id text PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  type text NOT NULL,
  payload text NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX webhook_events_created ON webhook_events (created_at);
CREATE INDEX webhook_events_tenant ON webhook_events (tenant_id);

CREATE TABLE webhook_deliveries (
  id text PRIMARY KEY,
  event_id text NOT NULL REFERENCES webhook_events (id) ON DELETE CASCADE,
  endpoint_id text NOT NULL REFERENCES webhook_endpoints (id) ON DELETE CASCADE,
  tenant_id text NOT NULL,
  status text NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
  -- How often it was tried in all, and since it was ordered last.
  attempts integer NOT NULL DEFAULT 0,
  tries integer NOT NULL DEFAULT 0,
  begun_at timestamptz NOT NULL,
  -- Of a pending one that is being sent: when its sender is taken for dead.
  next_attempt_at timestamptz NOT NULL,
  -- Names the sending; null: nobody is at it.
  lease text,
  response_status integer,
  created_at timestamptz NOT NULL,
  ended_at timestamptz,
  UNIQUE (event_id, endpoint_id)
);
CREATE INDEX webhook_deliveries_pending ON webhook_deliveries (endpoint_id, next_attempt_at, id) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_endpoint ON webhook_deliveries (endpoint_id, id DESC);

CREATE TABLE webhook_attempts (
  delivery_id text NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
  number integer NOT NULL,
  started_at timestamptz NOT NULL,
  duration_ms integer NOT NULL,
  -- null: there was no answer.
  response_status integer,
  -- The beginning of the answer, sealed.
  response_body bytea,
  -- null: it was delivered.
  error text,
  PRIMARY KEY (delivery_id, number)
);

-- Mails to those who lead an organisation, each once for each of them.
CREATE TABLE tenant_mails (
  id text NOT NULL,
  recipient text NOT NULL,
  tenant_id text NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  subject text NOT NULL,
  body text NOT NULL,
  created_at timestamptz NOT NULL,
  claimed_at timestamptz,
  sent_at timestamptz,
  PRIMARY KEY (id, recipient)
);
CREATE INDEX tenant_mails_waiting ON tenant_mails (created_at) WHERE sent_at IS NULL;

-- What a tenant wants to be told of its limits; absent: as the platform does it.
CREATE TABLE alert_settings (
  tenant_id text PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
  thresholds jsonb NOT NULL,
  mail boolean NOT NULL,
  webhook boolean NOT NULL,
  updated_at timestamptz NOT NULL
);

-- Each threshold of a limit is told once in a window.
CREATE TABLE limit_alerts (
  tenant_id text NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  -- The tenant, or one of its keys.
  subject text NOT NULL,
  limit_name text NOT NULL,
  window_start timestamptz NOT NULL,
  -- Another quota is another limit.
  quota bigint NOT NULL,
  threshold smallint NOT NULL,
  used bigint NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (tenant_id, subject, limit_name, window_start, quota, threshold)
);
CREATE INDEX limit_alerts_window ON limit_alerts (window_start);

-- Work that one process of many does now and then.
CREATE TABLE sweeps (
  name text PRIMARY KEY,
  next_at timestamptz NOT NULL
);
