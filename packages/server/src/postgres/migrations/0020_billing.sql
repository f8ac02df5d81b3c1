-- What is told of a subscription beside its status.
ALTER TABLE subscriptions
  ADD COLUMN prices jsonb NOT NULL DEFAULT '[]',
  ADD COLUMN period_start timestamptz,
  ADD COLUMN period_end timestamptz,
  ADD COLUMN trial_end timestamptz,
  -- When it ends, where that is decided already.
  ADD COLUMN cancel_at timestamptz,
  ADD COLUMN ended_at timestamptz,
  -- Since when a payment is missing, and after which state that began.
  ADD COLUMN past_due_since timestamptz,
  ADD COLUMN past_due_run bigint,
  -- Counts askings of Stripe: only the answer to the newest one is kept, and none that an event came after.
  ADD COLUMN asked bigint NOT NULL DEFAULT 0,
  -- When Stripe is asked for its state; null: never.
  ADD COLUMN ask_at timestamptz;
CREATE INDEX subscriptions_tenant ON subscriptions (tenant_id);
CREATE INDEX subscriptions_ask ON subscriptions (ask_at) WHERE ask_at IS NOT NULL;
CREATE INDEX subscriptions_created ON subscriptions (created_at DESC, id DESC);

-- Every state that was told, so that its history is the same in whichever order it was told.
CREATE TABLE subscription_states (
  subscription_id text NOT NULL,
  event_id text NOT NULL,
  event_created bigint NOT NULL,
  rank smallint NOT NULL,
  status text NOT NULL,
  PRIMARY KEY (subscription_id, event_id)
);
INSERT INTO subscription_states SELECT id, event_id, event_created, rank, status FROM subscriptions;
UPDATE subscriptions SET past_due_since = to_timestamp(event_created), past_due_run = 0 WHERE status = 'past_due';

-- A tenant as a customer: at most one customer made by us, one checkout open, and what its subscriptions last meant.
CREATE TABLE billing_accounts (
  tenant_id text PRIMARY KEY REFERENCES tenants (id) ON DELETE CASCADE,
  customer_id text UNIQUE,
  -- Customers made for it so far: part of the key that makes creation happen once.
  customer_serial integer NOT NULL DEFAULT 0,
  checkout_serial integer NOT NULL DEFAULT 0,
  checkout_plan text,
  checkout_session text,
  checkout_url text,
  checkout_expires_at timestamptz,
  -- When it was opened, or looked at last in case no event tells that it was paid.
  checkout_checked_at timestamptz,
  -- The meaning that was applied to the tenant. Until it changes, what the operator assigns by hand stays.
  standing text,
  -- The trial that a subscription interrupted.
  saved_trial_ends_at timestamptz
);

INSERT INTO billing_accounts (tenant_id, standing)
  SELECT DISTINCT ON (tenant_id) tenant_id, 'running:' || id || ':' || plan FROM subscriptions
  WHERE tenant_id IS NOT NULL AND plan IS NOT NULL AND status IN ('active', 'trialing', 'past_due')
  ORDER BY tenant_id, event_created DESC, id DESC;

-- May the tenant go beyond its plan's tokens, because it pays for them?
ALTER TABLE tenants ADD COLUMN overage boolean NOT NULL DEFAULT false;

-- Which plan held when: what is billed goes by the plan of the time of use.
CREATE TABLE tenant_plans (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id text NOT NULL,
  plan text NOT NULL,
  overage boolean NOT NULL,
  since timestamptz NOT NULL
);
CREATE INDEX tenant_plans_tenant ON tenant_plans (tenant_id, since, id);
INSERT INTO tenant_plans (tenant_id, plan, overage, since) SELECT id, plan, overage, created_at FROM tenants;

CREATE FUNCTION note_tenant_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' OR NEW.plan <> OLD.plan OR NEW.overage <> OLD.overage THEN
    INSERT INTO tenant_plans (tenant_id, plan, overage, since)
      VALUES (NEW.id, NEW.plan, NEW.overage, clock_timestamp());
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER tenants_plan AFTER INSERT OR UPDATE ON tenants FOR EACH ROW EXECUTE FUNCTION note_tenant_plan();

-- Mails about money, ordered in the transaction that gives the reason, each sent once.
CREATE TABLE billing_notices (
  id text NOT NULL,
  recipient text NOT NULL,
  tenant_id text NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
  kind text NOT NULL,
  details jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  claimed_at timestamptz,
  sent_at timestamptz,
  PRIMARY KEY (id, recipient)
);
CREATE INDEX billing_notices_waiting ON billing_notices (created_at) WHERE sent_at IS NULL;

-- What a plan includes, for a whole month: a change of the configuration never bills what was used before it.
CREATE TABLE overage_terms (
  plan text NOT NULL,
  month date NOT NULL,
  included bigint NOT NULL,
  counted_per text NOT NULL CHECK (counted_per IN ('key', 'tenant')),
  meter text NOT NULL,
  PRIMARY KEY (plan, month)
);

-- Tokens that staff gave beyond the plan in a month: they are not billed. Kept, because the tenant only has the last gift.
CREATE TABLE overage_credits (
  tenant_id text NOT NULL,
  month date NOT NULL,
  tokens bigint NOT NULL,
  PRIMARY KEY (tenant_id, month)
);

-- Tokens beyond the plan that are on the way to Stripe or there: the sum of the month's reports.
CREATE TABLE overage_months (
  tenant_id text NOT NULL,
  month date NOT NULL,
  meter text NOT NULL,
  reported bigint NOT NULL,
  PRIMARY KEY (tenant_id, month, meter)
);

CREATE TABLE overage_reports (
  -- Names the report to Stripe too: the same hour of the same tenant and meter is billed once.
  id text PRIMARY KEY,
  tenant_id text NOT NULL,
  customer_id text NOT NULL,
  meter text NOT NULL,
  month date NOT NULL,
  hour timestamptz NOT NULL,
  -- The instant to bill it at: within the hour, and within the subscription's period.
  at timestamptz NOT NULL,
  tokens bigint NOT NULL CHECK (tokens > 0),
  created_at timestamptz NOT NULL,
  first_tried_at timestamptz,
  claimed_at timestamptz,
  sent_at timestamptz,
  -- Why Stripe did not take it; a person has to see to it.
  refused text
);
CREATE INDEX overage_reports_waiting ON overage_reports (created_at) WHERE sent_at IS NULL;
CREATE INDEX overage_reports_tenant ON overage_reports (tenant_id, hour);
