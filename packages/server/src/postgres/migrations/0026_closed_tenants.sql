-- An organisation that was closed keeps its bills and nothing else.
ALTER TABLE tenants ADD COLUMN closed_at timestamptz;
CREATE INDEX tenants_closed_at ON tenants (closed_at) WHERE closed_at IS NOT NULL;
-- Those closed before with the account of their only member.
UPDATE tenants SET closed_at = updated_at WHERE suspended AND name = 'closed' AND contact_email IS NULL;
