import { queryOptions } from '@tanstack/react-query';
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
  queryFn: ({ signal }) => authRequest<OwnSession>('/get-session', undefined, signal),
});

export const sessionsQuery = queryOptions({
  queryKey: ['auth', 'sessions'],
  retry: false,
  queryFn: ({ signal }) => authRequest<readonly Session[]>('/list-sessions', undefined, signal),
});
