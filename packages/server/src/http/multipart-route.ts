import type { ApiRoute, RawRoute } from './api-route.ts';

/**
 * A route that reads a form as it comes: its `request.body` is the stream, without a limit of bytes or time. The handler
 * bounds both, and reads or drains the stream whatever happens. Nothing is read before it is called.
 */
export interface MultipartRoute extends RawRoute {
  readonly bodyType: 'multipart/form-data';
}

export function multipartRoute(route: Omit<MultipartRoute, 'kind' | 'bodyType'>): MultipartRoute {
  return { ...route, kind: 'raw', bodyType: 'multipart/form-data' };
}

export function takesMultipart(route: ApiRoute): route is MultipartRoute {
  return 'bodyType' in route && route.bodyType === 'multipart/form-data';
}
