import { useSearch } from '@tanstack/react-router';

/** What the address says under a name, as text; undefined: nothing. */
export function useSearchText(name: string): string | undefined {
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false });
  const value = search[name];
  // The router reads `1` as a number.
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  return typeof text === 'string' && text !== '' ? text : undefined;
}

/** A page before sign-in, with where one wanted to go, so that it is not forgotten on the way. */
export function withReturn(page: string, wanted: string | undefined): string {
  return wanted === undefined ? page : `${page}?return=${encodeURIComponent(wanted)}`;
}
