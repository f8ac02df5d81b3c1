-- The console lists an organisation's jobs, the newest first.
CREATE INDEX async_jobs_owner ON async_jobs (owner_id, created_at DESC, id DESC);
