-- Plans as the vendor's staff changed them; what is absent here is as the configuration has it.
CREATE TABLE plan_overrides (
  name text PRIMARY KEY,
  settings jsonb NOT NULL,
  updated_at timestamptz NOT NULL
);

-- Tokens beyond the plan's month, until then.
ALTER TABLE tenants ADD COLUMN credit_tokens bigint NOT NULL DEFAULT 0;
ALTER TABLE tenants ADD COLUMN credit_until timestamptz;
