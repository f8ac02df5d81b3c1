-- What Stripe has told, each event once. The events themselves are sealed: they hold personal data.
CREATE TABLE stripe_events (
  id text PRIMARY KEY,
  type text NOT NULL,
  livemode boolean NOT NULL,
  created_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('purchase', 'subscription', 'kept')),
  payload bytea NOT NULL
);

-- The ledger of purchases: an object of Stripe's (checkout session, invoice, charge) in the state of its newest event.
CREATE TABLE purchases (
  id text PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('checkout', 'invoice', 'refund')),
  status text NOT NULL,
  -- Of the state in the object's life, then the event's own second: a later delivery of an older event changes nothing.
  rank smallint NOT NULL,
  event_created bigint NOT NULL,
  event_id text NOT NULL,
  tenant_id text REFERENCES tenants (id) ON DELETE SET NULL,
  customer_id text,
  amount bigint NOT NULL,
  currency text NOT NULL,
  description text,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX purchases_created ON purchases (created_at DESC, id DESC);
CREATE INDEX purchases_tenant ON purchases (tenant_id, created_at DESC);

CREATE TABLE billing_customers (
  customer_id text PRIMARY KEY,
  tenant_id text NOT NULL REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE subscriptions (
  id text PRIMARY KEY,
  customer_id text NOT NULL,
  tenant_id text REFERENCES tenants (id) ON DELETE SET NULL,
  status text NOT NULL,
  -- null: neither metadata nor price name a plan there is.
  plan text,
  price_id text,
  rank smallint NOT NULL,
  event_created bigint NOT NULL,
  event_id text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX subscriptions_customer ON subscriptions (customer_id);
