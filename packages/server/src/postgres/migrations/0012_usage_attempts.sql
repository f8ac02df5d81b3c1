-- What routing tried, in order: [{target, outcome, duration_ms}]; null when the first target answered at once.
ALTER TABLE usage_events ADD COLUMN attempts jsonb;

-- Where a tenant's requests may be run; null: anywhere.
ALTER TABLE tenants ADD COLUMN region text;
