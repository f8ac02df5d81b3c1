export interface Target {
  readonly upstream: string;
  readonly model: string;
  readonly weight?: number | undefined;
}

/**
 * The order in which targets are tried. Without weights: as configured. With weights: the first is drawn by weight
 * (a target without one counts 1), the rest follow as configured.
 * @param random gives a number in [0, 1)
 */
export function orderTargets(targets: readonly Target[], random: () => number): readonly Target[] {
  if (targets.length < 2 || targets.every((target) => target.weight === undefined)) return targets;
  const total = targets.reduce((sum, target) => sum + (target.weight ?? 1), 0);
  let drawn = random() * total;
  const chosen = targets.find((target) => (drawn -= target.weight ?? 1) < 0) ?? targets[0];
  return chosen === undefined ? targets : [chosen, ...targets.filter((target) => target !== chosen)];
}
