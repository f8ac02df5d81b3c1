import { createHmac, randomBytes } from 'node:crypto';

const prefix = 'whsec_';
/** The specification allows 24 to 64. */
const secretBytes = 32;

/** A new signing secret as its owner is shown it: `whsec_` and base64. */
export function newSigningSecret(): { readonly bytes: Buffer; readonly shown: string } {
  const bytes = randomBytes(secretBytes);
  return { bytes, shown: `${prefix}${bytes.toString('base64')}` };
}

/**
 * The headers of a delivery after Standard Webhooks: `v1` signatures by each secret over id, timestamp and body.
 * @param secrets more than one while one replaces another
 */
export function signedHeaders(message: {
  readonly id: string;
  readonly sentAtMs: number;
  readonly body: string;
  readonly secrets: readonly Buffer[];
}): Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const { id, sentAtMs, body, secrets } = message;
  const timestamp = String(Math.floor(sentAtMs / 1_000));
  const signatures = secrets.map(
    (secret) => `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`,
  );
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
