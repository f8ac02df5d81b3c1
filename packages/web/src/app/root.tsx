import { Link, Outlet, useRouter, type ErrorComponentProps } from '@tanstack/react-router';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { ApiError } from '../api/api-error.ts';
import { authRequest } from '../api/auth-request.ts';
import { chosenOrganization } from '../api/organization-choice.ts';
import { useTexts } from '../i18n/texts.ts';
import { shellTexts } from '../shell/shell-texts.ts';
import { useToasts } from '../ui/toast-store.ts';
import { buttonClass } from '../ui/button.tsx';
import { ErrorState } from '../ui/error-state.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import styles from './root.module.css';

const Toaster = lazy(async () => ({ default: (await import('../ui/toaster.tsx')).Toaster }));

export function Root() {
  const hasToasts = useToasts().length > 0;
  return (
    <>
      <Outlet />
      {hasToasts && (
        <Suspense>
          <Toaster />
        </Suspense>
      )}
    </>
  );
}

export function Pending() {
  return (
    <div className={styles.middle}>
      <Skeleton lines={4} />
    </div>
  );
}

export function NotFound() {
  const { notFound } = useTexts(shellTexts);
  return (
    <main className={styles.middle}>
      <h1>{notFound.title}</h1>
      <p>{notFound.advice}</p>
      <Link to="/" className={buttonClass('primary')}>
        {notFound.home}
      </Link>
    </main>
  );
}

interface Invitation {
  readonly id: string;
  readonly status: string;
  readonly organizationName?: string;
}

/** Who is invited somewhere has no organisation of their own: the invitations are shown instead of an error. */
function NoOrganization() {
  const { noOrganization } = useTexts(shellTexts);
  const { data = [] } = useQuery({
    queryKey: ['own-invitations'],
    queryFn: ({ signal }) =>
      authRequest<readonly Invitation[]>('/organization/list-user-invitations', undefined, signal),
  });
  const open = data.filter(({ status }) => status === 'pending');
  return (
    <main className={styles.middle}>
      <h1>{noOrganization.title}</h1>
      <p>{noOrganization.advice}</p>
      {open.map(({ id, organizationName }) => (
        <Link key={id} to="/invitation/$id" params={{ id }} className={buttonClass('primary')}>
          {noOrganization.accept(organizationName ?? id)}
        </Link>
      ))}
      {open.length === 0 && <p>{noOrganization.mailed}</p>}
    </main>
  );
}

/** A page that could not be shown; the rest of the console goes on around it. */
export function Failure({ error }: ErrorComponentProps) {
  const router = useRouter();
  const queryClient = useQueryClient();
  if (error instanceof ApiError && error.code === 'RESOURCE_NOT_FOUND' && chosenOrganization() === undefined)
    return <NoOrganization />;
  const retry = () => {
    queryClient.removeQueries({ predicate: ({ state }) => state.status === 'error' });
    void router.invalidate();
  };
  return (
    <div className={styles.middle}>
      <ErrorState error={error} onRetry={retry} />
    </div>
  );
}
