import { AlertSettingsStore } from './alerts/alert-settings.ts';
import { AlertSweep } from './alerts/alert-sweep.ts';
import type { Basis } from './composition-basis.ts';
import type { Catalog } from './gateway/catalog.ts';
import { repeat } from './jobs/repeat.ts';

/** Alerts about limits: what tenants want to be told, and the work that finds it. */
export function openAlerts(
  { config, clock, logger, database }: Omit<Basis, 'closers'>,
  catalog: Pick<Catalog, 'limitsOf' | 'models'>,
): { readonly alertSettings: AlertSettingsStore; readonly close: () => Promise<void> } {
  const { settings, publicUrl } = config;
  const { thresholds, every_ms: everyMs } = settings.alerts;
  const sweep = new AlertSweep({
    ...{ database, clock, logger, everyMs, thresholds, publicUrl, brandName: settings.brand.name },
    byokModels: catalog.models.filter((model) => model.config.byok).map(({ name }) => name),
    limitsOf: (principal) => catalog.limitsOf(principal),
  });
  return {
    alertSettings: new AlertSettingsStore({ database, clock, thresholds }),
    close: repeat({ clock, logger, what: 'alerts about limits', everyMs }, () => sweep.run()),
  };
}
