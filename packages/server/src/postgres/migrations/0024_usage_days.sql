-- The hourly sums once more by the UTC day, so that a year is read in milliseconds. A trigger keeps them: whoever writes
-- hourly sums, also a process of an older version beside this one, cannot leave the day out.
CREATE TABLE usage_days (
  -- Midnight UTC, where it begins.
  day timestamptz NOT NULL,
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
  PRIMARY KEY (day, tenant_id, key_id, model, surface, mode, currency)
);
CREATE INDEX usage_days_tenant ON usage_days (tenant_id, day);

CREATE FUNCTION add_usage_days() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  source text := 'SELECT * FROM written';
BEGIN
  IF TG_OP = 'UPDATE' THEN
    source := source || ' UNION ALL SELECT hour, tenant_id, key_id, model, surface, mode, currency, -requests, -errors,
      -prompt_tokens, -completion_tokens, -cached_tokens, -reasoning_tokens, -cost_nanos, -duration_ms FROM replaced';
  END IF;
  EXECUTE 'INSERT INTO usage_days AS kept
    SELECT date_trunc(''day'', hour, ''UTC''), tenant_id, key_id, model, surface, mode, currency, sum(requests), sum(errors),
      sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens), sum(reasoning_tokens), sum(cost_nanos), sum(duration_ms)
    FROM (' || source || ') AS changes GROUP BY 1, 2, 3, 4, 5, 6, 7 ORDER BY 1, 2, 3, 4, 5, 6, 7
    ON CONFLICT (day, tenant_id, key_id, model, surface, mode, currency) DO UPDATE SET
      requests = kept.requests + excluded.requests, errors = kept.errors + excluded.errors,
      prompt_tokens = kept.prompt_tokens + excluded.prompt_tokens,
      completion_tokens = kept.completion_tokens + excluded.completion_tokens,
      cached_tokens = kept.cached_tokens + excluded.cached_tokens,
      reasoning_tokens = kept.reasoning_tokens + excluded.reasoning_tokens,
      cost_nanos = kept.cost_nanos + excluded.cost_nanos, duration_ms = kept.duration_ms + excluded.duration_ms';
  RETURN NULL;
END $$;

-- What others are writing now must be neither missed nor counted twice.
LOCK TABLE usage_rollups IN SHARE ROW EXCLUSIVE MODE;
CREATE TRIGGER usage_hours_begun AFTER INSERT ON usage_rollups
  REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION add_usage_days();
CREATE TRIGGER usage_hours_grown AFTER UPDATE ON usage_rollups
  REFERENCING OLD TABLE AS replaced NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION add_usage_days();
INSERT INTO usage_days
SELECT date_trunc('day', hour, 'UTC'), tenant_id, key_id, model, surface, mode, currency, sum(requests), sum(errors),
  sum(prompt_tokens), sum(completion_tokens), sum(cached_tokens), sum(reasoning_tokens), sum(cost_nanos), sum(duration_ms)
FROM usage_rollups GROUP BY 1, 2, 3, 4, 5, 6, 7;
