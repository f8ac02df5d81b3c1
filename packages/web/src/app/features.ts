import { home } from '../features/home/feature.ts';
import { keys } from '../features/keys/feature.ts';
import { security } from '../features/security/feature.ts';
import type { Feature } from './feature.ts';

/** In the order of the menu. */
export const features: readonly Feature[] = [home, keys, security];
