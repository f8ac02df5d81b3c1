-- What a key may use at most, beside its tenant's plan; null: the plan alone bounds it.
ALTER TABLE api_keys ADD COLUMN limits jsonb;

-- When and from where a key was used last; apart from api_keys, whose changes every process hears of.
CREATE TABLE key_uses (
  key_id text PRIMARY KEY REFERENCES api_keys (id) ON DELETE CASCADE,
  last_used_at timestamptz NOT NULL,
  address text NOT NULL
);

-- Who did what for an organisation. Outlives what it speaks of.
CREATE TABLE audit_events (
  id text PRIMARY KEY,
  -- null: it is about the whole service.
  tenant_id text,
  actor_kind text NOT NULL CHECK (actor_kind IN ('member', 'staff', 'operator', 'system')),
  actor_id text NOT NULL,
  actor_name text NOT NULL,
  action text NOT NULL,
  target text,
  details jsonb NOT NULL DEFAULT '{}',
  address text,
  created_at timestamptz NOT NULL
);
CREATE INDEX audit_events_tenant ON audit_events (tenant_id, id DESC);

-- Mails about the end of a trial, each once.
CREATE TABLE trial_notices (
  tenant_id text NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  kind text NOT NULL,
  trial_ends_at timestamptz NOT NULL,
  claimed_at timestamptz NOT NULL,
  -- null: being sent, or by a process that died.
  sent_at timestamptz,
  PRIMARY KEY (tenant_id, kind, trial_ends_at)
);

-- Staff look at a tenant's console for a while, with a reason.
CREATE TABLE staff_visits (
  user_id text NOT NULL REFERENCES accounts."user" ("id") ON DELETE CASCADE,
  tenant_id text NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  reason text NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (user_id, tenant_id)
);

-- Requests and answers as they were, where a tenant wants them kept. Sealed.
ALTER TABLE tenants ADD COLUMN kept_bodies_days integer CHECK (kept_bodies_days BETWEEN 1 AND 90);
CREATE TABLE request_bodies (
  event_id text PRIMARY KEY,
  tenant_id text NOT NULL,
  request bytea NOT NULL,
  answer bytea,
  expires_at timestamptz NOT NULL
);
CREATE INDEX request_bodies_expires_at ON request_bodies (expires_at);
