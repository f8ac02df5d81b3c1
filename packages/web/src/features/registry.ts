import type { Feature } from './feature.ts';

const modules = import.meta.glob<Feature>('./*/feature.ts', { eager: true, import: 'feature' });

/** Every page that a folder beside this file declares, in the order of the navigation. */
export const features: readonly Feature[] = Object.values(modules).toSorted((left, right) => left.order - right.order);
