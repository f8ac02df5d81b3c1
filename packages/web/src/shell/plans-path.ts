import { features } from '../features/registry.ts';

/** Where plans are compared: the page about billing, where there is one, else the public prices. */
export function plansPath(): string {
  const billing = features.find(({ path }) => path === '/billing');
  return billing === undefined ? '/pricing' : `/console${billing.path}`;
}
