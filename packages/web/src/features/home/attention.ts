import type { ConsoleConfig } from '@turnpike/contract/console';
import type { Schema } from '../../api/client.ts';

type ApiKey = Schema<'ApiKey'>;

/** Something that will stop working if nobody does anything. */
export type Concern =
  | { readonly kind: 'expires'; readonly key: ApiKey; readonly at: string }
  | { readonly kind: 'deprecated'; readonly key: ApiKey; readonly version: string };

const soonMs = 14 * 86_400_000;

/** May requests be made with it? */
export function isUsable({ revoked_at: revoked, expires_at: end }: ApiKey, nowMs: number): boolean {
  return revoked === null && (end === null || Date.parse(end) > nowMs);
}

/** Keys that expire within two weeks, and keys that speak a version whose end is announced; the most urgent first. */
export function concernsOf(
  keys: readonly ApiKey[],
  versions: ConsoleConfig['api_versions'],
  nowMs: number,
): readonly Concern[] {
  const usable = keys.filter((key) => isUsable(key, nowMs));
  const expiring = usable.flatMap((key): Concern[] =>
    key.expires_at !== null && Date.parse(key.expires_at) - nowMs <= soonMs
      ? [{ kind: 'expires', key, at: key.expires_at }]
      : [],
  );
  const phases = new Map(versions.map(({ name, phase }) => [name, phase]));
  const deprecated = usable.flatMap((key): Concern[] => {
    const phase = key.pinned_version === null ? undefined : phases.get(key.pinned_version);
    return key.pinned_version === null || phase === undefined || phase === 'supported'
      ? []
      : [{ kind: 'deprecated', key, version: key.pinned_version }];
  });
  const byEnd = (left: Concern, right: Concern) =>
    left.kind === 'expires' && right.kind === 'expires' ? Date.parse(left.at) - Date.parse(right.at) : 0;
  return [...expiring.toSorted(byEnd), ...deprecated];
}
