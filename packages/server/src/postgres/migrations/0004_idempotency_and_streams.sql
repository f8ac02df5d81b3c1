CREATE TABLE idempotency_records (
  id text PRIMARY KEY,
  tenant_id text NOT NULL,
  fingerprint text NOT NULL,
  state text NOT NULL CHECK (state IN ('running', 'done', 'too-large')),
  token text NOT NULL,
  lease_until timestamptz NOT NULL,
  stream_id text,
  -- Sealed: status, headers and body of the answer.
  payload bytea,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX idempotency_records_expires_at ON idempotency_records (expires_at);
CREATE INDEX idempotency_records_running ON idempotency_records (token) WHERE state = 'running';

CREATE TABLE streams (
  id text PRIMARY KEY,
  tenant_id text NOT NULL,
  state text NOT NULL CHECK (state IN ('live', 'complete', 'failed')),
  lease_until timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX streams_expires_at ON streams (expires_at);

-- Events of a stream in pieces as they were flushed; sealed.
CREATE TABLE stream_pieces (
  stream_id text NOT NULL REFERENCES streams (id) ON DELETE CASCADE,
  first_event integer NOT NULL,
  events integer NOT NULL,
  payload bytea NOT NULL,
  PRIMARY KEY (stream_id, first_event)
);
