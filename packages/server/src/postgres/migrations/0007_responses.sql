-- Answers of POST /v1/responses that were not sent with store: false.
CREATE TABLE responses (
  id text PRIMARY KEY,
  tenant_id text NOT NULL,
  -- The response this one goes on from. No reference: either may be deleted or expire without the other.
  previous_id text,
  -- Ids of its input and output items, for requests that refer to an item by its id.
  item_ids text[] NOT NULL,
  -- Sealed: the input items and the response.
  payload bytea NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX responses_tenant ON responses (tenant_id, id);
CREATE INDEX responses_expires_at ON responses (expires_at);
CREATE INDEX responses_item_ids ON responses USING gin (item_ids);
