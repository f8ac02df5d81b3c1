-- What the right of a token stands on, and when that changed: processes ask for it twice a second and forget what they
-- know. Triggers write it, so that no way of taking a right away can leave it out: revocation, a member who leaves, a
-- session that ends, an application that is removed.
CREATE TABLE accounts.access_changes (
  id text PRIMARY KEY,
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX access_changes_by_time ON accounts.access_changes (changed_at);

-- The argument names the column whose value tokens are known by.
CREATE FUNCTION accounts.note_access_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO accounts.access_changes (id) VALUES (to_jsonb(OLD) ->> TG_ARGV[0])
    ON CONFLICT (id) DO UPDATE SET changed_at = clock_timestamp();
  RETURN NULL;
END $$;

CREATE TRIGGER session_ended AFTER DELETE ON accounts."session"
  FOR EACH ROW EXECUTE FUNCTION accounts.note_access_change('id');
CREATE TRIGGER member_left AFTER DELETE ON accounts."member"
  FOR EACH ROW EXECUTE FUNCTION accounts.note_access_change('id');
CREATE TRIGGER member_changed AFTER UPDATE OF "role" ON accounts."member"
  FOR EACH ROW EXECUTE FUNCTION accounts.note_access_change('id');
CREATE TRIGGER access_token_ended AFTER DELETE ON accounts."oauthAccessToken"
  FOR EACH ROW EXECUTE FUNCTION accounts.note_access_change('id');
CREATE TRIGGER access_token_revoked AFTER UPDATE OF "revoked" ON accounts."oauthAccessToken"
  FOR EACH ROW EXECUTE FUNCTION accounts.note_access_change('id');
CREATE TRIGGER consent_withdrawn AFTER DELETE ON accounts."oauthConsent"
  FOR EACH ROW EXECUTE FUNCTION accounts.note_access_change('id');
CREATE TRIGGER client_removed AFTER DELETE ON accounts."oauthClient"
  FOR EACH ROW EXECUTE FUNCTION accounts.note_access_change('clientId');
CREATE TRIGGER client_disabled AFTER UPDATE OF "disabled" ON accounts."oauthClient"
  FOR EACH ROW EXECUTE FUNCTION accounts.note_access_change('clientId');

-- One consent for each application, person and organisation, whoever asks at the same time.
CREATE UNIQUE INDEX oauth_consent_once ON accounts."oauthConsent" ("clientId", "userId", "referenceId");
