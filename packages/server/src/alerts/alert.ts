import type { Limit } from '../limits/limit.ts';
import type { AlertSettings } from './alert-settings.ts';

/** A limit of which so much is used that somebody wants to know. */
export interface Alert {
  readonly tenantId: string;
  readonly tenantName: string;
  readonly limit: Limit;
  readonly windowStartMs: number;
  readonly used: number;
  /** Whose limit it is; null: the whole tenant's. */
  readonly keyId: string | null;
  /** null: no API key's. */
  readonly keyName: string | null;
  /** Percent that are reached, lowest first; never empty. */
  readonly reached: readonly number[];
  readonly settings: AlertSettings;
}
