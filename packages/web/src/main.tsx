import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { Problem } from './api/problem.ts';
import { createConsoleRouter } from './app/router.tsx';
import { isSignedOut, leaveForSignIn, meQuery } from './app/session.ts';
import { ThemeProvider } from './app/theme.tsx';
import { LanguageProvider } from './i18n/language.tsx';
import { ToastProvider } from './ui/toast.tsx';
import './tokens.css';

/** Who was signed in and is no longer signs in again and comes back; who never was is asked by the router. */
const onError = (error: unknown) => {
  if (isSignedOut(error) && queries.getQueryData(meQuery.queryKey) !== undefined) leaveForSignIn();
};
const queries = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refused it refuses again.
      retry: (failures, error) => failures < 2 && !(error instanceof Problem && error.status < 500),
    },
  },
});
const router = createConsoleRouter(queries);

const root = document.getElementById('root');
if (root === null) throw new Error('the page has no element #root');
createRoot(root).render(
  <StrictMode>
    <LanguageProvider>
      <ThemeProvider>
        <QueryClientProvider client={queries}>
          <ToastProvider>
            <Suspense>
              <RouterProvider router={router} />
            </Suspense>
          </ToastProvider>
        </QueryClientProvider>
      </ThemeProvider>
    </LanguageProvider>
  </StrictMode>,
);
