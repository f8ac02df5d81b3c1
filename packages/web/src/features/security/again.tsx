import { useMutation } from '@tanstack/react-query';
import { auth } from '../../api/client.ts';
import { Problem } from '../../api/problem.ts';
import { useMe } from '../../app/session.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { texts } from './texts.ts';

/** An error; where the session is too old for what was asked, the way to a new one. */
export function AgainNote({ error }: { readonly error: unknown }) {
  const text = useTexts(texts);
  const { user } = useMe();
  const leave = useMutation({
    mutationFn: () => auth('/sign-out', {}),
    onSuccess: () =>
      window.location.assign(
        `/console/sign-in?email=${encodeURIComponent(user.email)}&return=${encodeURIComponent('/console/security')}`,
      ),
  });
  const isStale = error instanceof Problem && ['SESSION_NOT_FRESH', 'SESSION_EXPIRED'].includes(error.code);
  if (!isStale) return <ErrorNote error={error} />;
  return (
    <>
      <p>{text.freshOnly}</p>
      <div className="row">
        <Button isBusy={leave.isPending} onClick={() => leave.mutate()}>
          {text.again}
        </Button>
      </div>
    </>
  );
}
