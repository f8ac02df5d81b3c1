import type { Feature } from './feature.ts';
import { features } from './features.ts';
import { useMe } from './session.ts';

/** The pages that the signed-in person may open. */
export function useOwnFeatures(): readonly Feature[] {
  const { allowed, is_staff: isStaff } = useMe();
  return features.filter(({ action, group }) =>
    group === 'staff' ? isStaff : action === undefined || allowed.includes(action),
  );
}
