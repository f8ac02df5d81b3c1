/** Members of requests that may stand in an audit log; everything else may be a secret or somebody's text. */
const plainFields = new Set([
  ...['name', 'role', 'email', 'plan', 'suspended', 'mode', 'scopes', 'models', 'expires_at', 'pinned_version'],
  ...['trial_ends_at', 'region', 'contact_email', 'kept_bodies_days', 'limits', 'overlap_seconds', 'reason', 'enabled'],
  ...['events', 'thresholds', 'cache_seconds', 'amount', 'months'],
]);
const longestText = 200;

function bounded(value: unknown): unknown {
  const text = JSON.stringify(value);
  return text.length > longestText ? `${text.slice(0, longestText)}…` : value;
}

/** What a request asked for, as far as it may be kept on record. */
export function changedFields(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return {};
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) => (plainFields.has(name) ? [[name, bounded(value)]] : [])),
  );
}
