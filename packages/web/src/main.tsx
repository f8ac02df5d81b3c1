import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { accountQuery } from './api/account.ts';
import { createQueryClient } from './api/query-client.ts';
import { createConsoleRouter } from './app/router.tsx';
import './styles/tokens.css';
import './styles/base.css';

const queryClient = createQueryClient(() => {
  // Who was signed in is no longer; who never was is asked by the router.
  if (queryClient.getQueryData(accountQuery.queryKey) === undefined) return;
  queryClient.removeQueries({ queryKey: accountQuery.queryKey });
  void router.invalidate();
});
const router = createConsoleRouter(queryClient);

// A new page is read from its beginning, by those who hear it too.
router.subscribe('onResolved', ({ pathChanged, fromLocation }) => {
  if (pathChanged && fromLocation !== undefined) document.getElementById('content')?.focus({ preventScroll: true });
});

const container = document.getElementById('root');
if (container === null) throw new Error('index.html has no #root');
createRoot(container).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);
