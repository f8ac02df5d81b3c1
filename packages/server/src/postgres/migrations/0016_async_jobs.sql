-- Work that somebody ordered and asks for later. What was asked and what came of it are sealed.
CREATE TABLE async_jobs (
  id text PRIMARY KEY,
  -- A tenant, or a public caller by the hash of its address.
  owner_id text NOT NULL,
  -- null: a caller without a key.
  key_id text,
  type text NOT NULL,
  status text NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  progress smallint NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
  attempts smallint NOT NULL DEFAULT 0,
  -- Renewed by who carries it out; once it is over, that process is taken for dead.
  lease_until timestamptz,
  input bytea NOT NULL,
  result bytea,
  error jsonb,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  -- Set when it is over.
  expires_at timestamptz
);
CREATE INDEX async_jobs_unfinished ON async_jobs (created_at) WHERE status IN ('queued', 'running');
CREATE INDEX async_jobs_expires_at ON async_jobs (expires_at) WHERE expires_at IS NOT NULL;
