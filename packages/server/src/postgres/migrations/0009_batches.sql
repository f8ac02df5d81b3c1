CREATE TABLE batches (
  id text PRIMARY KEY,
  tenant_id text NOT NULL,
  key_id text NOT NULL,
  input_file_id text NOT NULL,
  endpoint text NOT NULL,
  metadata jsonb,
  output_expires_after_seconds integer,
  status text NOT NULL CHECK (status IN (
    'validating', 'failed', 'in_progress', 'finalizing', 'completed', 'expired', 'cancelling', 'cancelled'
  )),
  errors jsonb,
  output_file_id text,
  error_file_id text,
  total integer NOT NULL DEFAULT 0,
  completed integer NOT NULL DEFAULT 0,
  failed integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  in_progress_at timestamptz,
  finalizing_at timestamptz,
  completed_at timestamptz,
  failed_at timestamptz,
  expired_at timestamptz,
  cancelling_at timestamptz,
  cancelled_at timestamptz
);
CREATE INDEX batches_tenant ON batches (tenant_id, id);
CREATE INDEX batches_unfinished ON batches (status)
  WHERE status IN ('validating', 'in_progress', 'finalizing', 'cancelling');

-- Lines of batches that are not over; request and answer are sealed. An answer is written once.
CREATE TABLE batch_lines (
  batch_id text NOT NULL REFERENCES batches (id) ON DELETE CASCADE,
  line_no integer NOT NULL,
  custom_id text NOT NULL,
  request bytea,
  is_ok boolean,
  answer bytea,
  PRIMARY KEY (batch_id, line_no)
);
CREATE UNIQUE INDEX batch_lines_custom_id ON batch_lines (batch_id, custom_id);
CREATE INDEX batch_lines_pending ON batch_lines (batch_id, line_no) WHERE answer IS NULL;
