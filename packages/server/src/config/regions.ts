import type { Settings } from './schema.ts';

/** Regions that some upstream is in, in order of the alphabet. */
export function regionsOf({ upstreams }: Pick<Settings, 'upstreams'>): readonly string[] {
  return [...new Set(Object.values(upstreams).flatMap(({ region }) => region ?? []))].toSorted();
}
