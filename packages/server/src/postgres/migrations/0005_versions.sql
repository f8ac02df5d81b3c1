ALTER TABLE api_keys ADD COLUMN pinned_version text;
ALTER TABLE tenants ADD COLUMN contact_email text;

-- Which key really spoke which version, and when last.
CREATE TABLE version_usage (
  key_id text NOT NULL REFERENCES api_keys (id) ON DELETE CASCADE,
  version text NOT NULL,
  first_used_at timestamptz NOT NULL,
  last_used_at timestamptz NOT NULL,
  PRIMARY KEY (version, key_id)
);

-- Mails about a deprecation: one a subject, tenant and kind, ever.
CREATE TABLE version_notices (
  subject text NOT NULL,
  tenant_id text NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('six-months', 'final-month')),
  recipient text NOT NULL,
  claimed_at timestamptz NOT NULL,
  sent_at timestamptz,
  PRIMARY KEY (subject, tenant_id, kind)
);
