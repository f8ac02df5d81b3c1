import { queryOptions } from '@tanstack/react-query';
import { ApiError } from '../../api/api-error.ts';
import { authRequest } from '../../api/auth-request.ts';

export interface Session {
  readonly id: string;
  readonly token: string;
  readonly ipAddress?: string | null;
  readonly userAgent?: string | null;
  readonly createdAt: string;
  readonly expiresAt: string;
}

interface OwnSession {
  readonly session: Session;
  readonly user: { readonly twoFactorEnabled?: boolean | null };
}

/** This session, and how the person signs in. */
export const sessionQuery = queryOptions({
  queryKey: ['auth', 'session'],
  queryFn: async ({ signal }) => {
    const own = await authRequest<OwnSession | null>('/get-session', undefined, signal);
    if (own === null) throw new ApiError('Nobody is signed in.', { status: 401, code: 'INVALID_SESSION' });
    return own;
  },
});

export const sessionsQuery = queryOptions({
  queryKey: ['auth', 'sessions'],
  retry: false,
  queryFn: ({ signal }) => authRequest<readonly Session[]>('/list-sessions', undefined, signal),
});
