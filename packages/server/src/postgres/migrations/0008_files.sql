-- Files of tenants; their bytes lie in the file storage, under tenant and id.
CREATE TABLE files (
  -- A ULID behind 'file-': sorts by time of creation.
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text NOT NULL,
  key_id text NOT NULL,
  -- Known when all of an upload has been read.
  filename text,
  purpose text,
  -- What counts against the tenant's space; grows while an upload runs.
  bytes bigint NOT NULL DEFAULT 0,
  -- 'deleting': gone for everybody, but the storage may still hold it.
  state text NOT NULL CHECK (state IN ('uploading', 'ready', 'deleting')),
  -- Of rows that are not ready: when housekeeping may take them, unless whoever works on them moves it on.
  lease_until timestamptz,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  CHECK (CASE WHEN state = 'ready' THEN filename IS NOT NULL AND purpose IS NOT NULL ELSE lease_until IS NOT NULL END)
);
CREATE INDEX files_tenant ON files (tenant_id, id);
CREATE INDEX files_lease_until ON files (lease_until) WHERE state <> 'ready';
CREATE INDEX files_expires_at ON files (expires_at) WHERE state = 'ready' AND expires_at IS NOT NULL;
-- Sum of `bytes` over the files of a tenant, in every state: one row to lock where a limit is checked.
CREATE TABLE file_totals (
  tenant_id text PRIMARY KEY,
  bytes bigint NOT NULL DEFAULT 0 CHECK (bytes >= 0)
);
