import type { Catalogues } from '../../catalogues/catalogues.ts';
import type { ModelConfig, PlanConfig } from '../../config/schema.ts';
import type { Tool } from '../../tools/tool.ts';
import type { PageInfo } from '../pages/page.ts';
import type { Skill } from './skills.ts';
import type { Surface } from './surfaces.ts';

/** What the documents for agents and crawlers are made of. */
export interface DiscoveryOptions {
  readonly brand: { readonly name: string; readonly description: string };
  readonly publicUrl: string;
  readonly surfaces: readonly Surface[];
  readonly catalogues: Catalogues;
  readonly tools: readonly Tool[];
  readonly models: Readonly<Record<string, ModelConfig>>;
  readonly plans: Readonly<Record<string, PlanConfig>>;
  readonly pages: () => Promise<readonly PageInfo[]>;
  readonly skills: readonly Skill[];
  /** How crawlers may use what they read: the operator's choice. */
  readonly contentSignals: { readonly search: boolean; readonly ai_input: boolean; readonly ai_train: boolean };
  /** Scopes that keys and tokens may have. */
  readonly scopes: readonly string[];
  readonly latestVersion: string;
  /** Of the software. */
  readonly version: string;
  readonly now: () => number;
}
