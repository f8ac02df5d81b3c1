-- Answers a tenant asked to have kept for the very same request; sealed.
CREATE TABLE response_cache (
  id text PRIMARY KEY,
  tenant_id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('json', 'stream')),
  payload bytea NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX response_cache_tenant ON response_cache (tenant_id, created_at);
CREATE INDEX response_cache_expires_at ON response_cache (expires_at);

-- Seconds for which requests of the key are answered from the cache without asking for it; null: never.
ALTER TABLE api_keys ADD COLUMN cache_seconds integer;
