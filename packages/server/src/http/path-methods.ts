import type { ApiRoute } from './api-route.ts';

const patterns = new WeakMap<ApiRoute, RegExp>();

function patternOf(route: ApiRoute): RegExp {
  const known = patterns.get(route);
  if (known !== undefined) return known;
  const source = route.path
    .split(/\{\w+\}/)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('[^/]+')
    .replace(/\\\*$/, '.*');
  const pattern = new RegExp(`^${source}$`);
  patterns.set(route, pattern);
  return pattern;
}

/** The methods some route answers at `path`, for the Allow header (RFC 9110 §10.2.1); empty: there is no such path. */
export function allowedMethods(routes: readonly ApiRoute[], path: string): string[] {
  const methods = new Set(routes.filter((route) => patternOf(route).test(path)).map((route): string => route.method));
  if (methods.size === 0) return [];
  if (methods.has('GET')) methods.add('HEAD');
  methods.add('OPTIONS');
  return [...methods].sort();
}
