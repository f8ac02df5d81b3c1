import type { Services } from './services.ts';
import { defaultScopes } from './keys/key.ts';

export interface FirstRun {
  readonly tenantId: string;
  /** The first key's secret: to be shown once and forgotten. */
  readonly key: string;
}

/** On an empty database: a first tenant on the default plan, with a key that may do everything. */
export async function firstRun({ tenants, keys, config }: Services): Promise<FirstRun | undefined> {
  if (!(await tenants.isEmpty())) return undefined;
  const tenant = await tenants.create({ name: 'First tenant', plan: config.settings.default_plan });
  const { secret } = await keys.create({
    tenantId: tenant.id,
    name: 'First key',
    mode: 'live',
    scopes: defaultScopes,
    models: null,
    expiresAt: null,
  });
  return { tenantId: tenant.id, key: secret };
}
