import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { Problem } from '../api/problem.ts';
import { ErrorState } from '../ui/error-state.tsx';
import { features } from './features.ts';
import { NotFound } from './not-found.tsx';
import { meQuery } from './session.ts';
import { Shell } from './shell.tsx';

interface Context {
  readonly queries: QueryClient;
}

const root = createRootRouteWithContext<Context>()({ component: Outlet, notFoundComponent: NotFound });

/** Whoever has not signed in does so first and comes back. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queries.query({ ...meQuery, staleTime: 'static' });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status === 401) throw redirect({ to: '/sign-in', search: { return: `/console${location.href}` } });
      if (error.status === 404) throw redirect({ to: '/no-organization' });
      throw error;
    }
  },
});

const pages = features.map(({ path, load }) =>
  createRoute({
    getParentRoute: () => signedIn,
    path,
    component: lazyRouteComponent(load, 'Page'),
  }),
);

const signIn = () => import('../features/account/sign-in.tsx');
const signUp = () => import('../features/account/sign-up.tsx');
const password = () => import('../features/account/password.tsx');
const invitation = () => import('../features/account/invitation.tsx');

const accountRoutes = [
  createRoute({ getParentRoute: () => root, path: '/sign-in', component: lazyRouteComponent(signIn, 'SignIn') }),
  createRoute({ getParentRoute: () => root, path: '/sign-up', component: lazyRouteComponent(signUp, 'SignUp') }),
  createRoute({ getParentRoute: () => root, path: '/verified', component: lazyRouteComponent(signUp, 'Verified') }),
  createRoute({
    getParentRoute: () => root,
    path: '/forgot-password',
    component: lazyRouteComponent(password, 'ForgotPassword'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/reset-password',
    component: lazyRouteComponent(password, 'ResetPassword'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/no-organization',
    component: lazyRouteComponent(invitation, 'NoOrganization'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/invitation/$id',
    component: lazyRouteComponent(invitation, 'AcceptInvitation'),
  }),
];

export function createConsoleRouter(queries: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([signedIn.addChildren(pages), ...accountRoutes]),
    basepath: '/console',
    context: { queries },
    defaultPreload: 'intent',
    defaultErrorComponent: ({ error, reset }) => <ErrorState error={error} onRetry={reset} />,
    scrollRestoration: true,
  });
}
