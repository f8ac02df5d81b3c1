-- Keys of a tenant for upstreams, sealed with the master key. Their text leaves only towards the upstream.
CREATE TABLE provider_keys (
  tenant_id text NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  upstream text NOT NULL,
  sealed bytea NOT NULL,
  -- Last characters, so that an owner knows which one it is.
  hint text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  last_tested_at timestamptz,
  last_test_ok boolean,
  PRIMARY KEY (tenant_id, upstream)
);
