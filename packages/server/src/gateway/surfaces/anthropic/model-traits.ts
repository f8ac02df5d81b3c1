import type { Catalog } from '../../catalog.ts';

/** Does the model think, as its configuration has it? A model that is not there is refused later, by name. */
export function isReasoning(catalog: Catalog, model: string): boolean {
  return catalog.model(model)?.config.capabilities.includes('reasoning') === true;
}
