import { useMutation, useQuery } from '@tanstack/react-query';
import { api, auth, done } from '../../api/client.ts';
import { safeReturn } from '../../app/session.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { texts } from './texts.ts';
import { useSearchText, withReturn } from './way-back.ts';

/** The providers that the vendor has named and that can be reached now. */
export function Providers() {
  const text = useTexts(texts);
  const wanted = useSearchText('return');
  const options = useQuery({
    queryKey: ['sign-in-options'],
    queryFn: () => done(api.GET('/account/v1/sign-in-options')),
    staleTime: 60_000,
  });
  const go = useMutation({
    mutationFn: async (provider: string) => {
      const { url } = await auth<{ url: string }>('/sign-in/social', {
        provider,
        callbackURL: safeReturn(wanted),
        errorCallbackURL: withReturn('/console/sign-in', wanted),
      });
      window.location.assign(url);
    },
  });
  return (
    <>
      {(options.data?.providers ?? []).map(({ id, name }) => (
        <Button key={id} isBusy={go.isPending && go.variables === id} onClick={() => go.mutate(id)}>
          {text.signInBy(name)}
        </Button>
      ))}
      {go.error === null ? null : <ErrorNote error={go.error} />}
    </>
  );
}

/** Why the provider's answer did not lead in. */
export function ProviderFailure() {
  const text = useTexts(texts);
  const error = useSearchText('error');
  if (error === undefined) return null;
  const known: Readonly<Record<string, string>> = {
    account_not_linked: text.notLinked,
    email_not_verified: text.providerUnconfirmed,
  };
  return <p role="alert">{known[error] ?? text.providerFailed}</p>;
}
