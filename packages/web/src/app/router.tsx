import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  type AnyRoute,
} from '@tanstack/react-router';
import { accountQuery } from '../api/account.ts';
import { ApiError } from '../api/api-error.ts';
import { configQuery } from '../api/console-config.ts';
import { authPages } from '../features/auth/auth-pages.ts';
import { features } from '../features/registry.ts';
import { preferLanguage } from '../i18n/language.ts';
import { Failure, NotFound, Pending, Root } from './root.tsx';

interface RouterContext {
  readonly queryClient: QueryClient;
}

export const consoleBase = '/console';

const root = createRootRouteWithContext<RouterContext>()({
  beforeLoad: async ({ context }) => {
    const { default_language: language } = await context.queryClient.query({ ...configQuery, staleTime: 'static' });
    preferLanguage(language);
  },
  component: Root,
  notFoundComponent: NotFound,
});

/** Everything below it is for who has signed in; others sign in first and come back. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.query({ ...accountQuery, staleTime: 'static' });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) throw error;
      const way = `${consoleBase}${location.href === '/' ? '' : location.href}`;
      throw redirect({ to: '/sign-in', search: way === consoleBase ? {} : { return: way } });
    }
  },
  component: lazyRouteComponent(() => import('../shell/shell.tsx'), 'Shell'),
});

function featureRoutes(): AnyRoute[] {
  return features.flatMap(({ path, load, subpages = [] }) => [
    createRoute({ getParentRoute: () => signedIn, path, component: lazyRouteComponent(load, 'Page') }),
    ...subpages.map((sub) =>
      createRoute({
        getParentRoute: () => signedIn,
        path: `${path === '/' ? '' : path}/${sub.path}`,
        component: lazyRouteComponent(sub.load, 'Page'),
      }),
    ),
  ]);
}

function authRoutes(): AnyRoute[] {
  return authPages.map(({ path, load }) =>
    createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load, 'Page') }),
  );
}

/** Values of the query are texts: the router's own form reads `?token=123` as a number. */
function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

function stringifySearch(search: Record<string, unknown>): string {
  const entries = Object.entries(search).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? [[name, String(value)]] : [],
  );
  const text = new URLSearchParams(entries).toString();
  return text === '' ? '' : `?${text}`;
}

export function createConsoleRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree: root.addChildren([signedIn.addChildren(featureRoutes()), ...authRoutes()]),
    basepath: consoleBase,
    context: { queryClient },
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    defaultPendingComponent: Pending,
    defaultErrorComponent: Failure,
    scrollRestoration: true,
    parseSearch,
    stringifySearch,
  });
}

export type ConsoleRouter = ReturnType<typeof createConsoleRouter>;
