import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { authRequest } from '../../api/auth-request.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { authTexts } from './auth-texts.ts';
import { useReturnSearch, useSearchText } from './after-sign-in.ts';
import { verifiedUrl } from './verified-url.ts';

/** After signing up: the link is in the mail. */
export function Page() {
  const { checkMail } = useTexts(authTexts);
  const email = useSearchText('email') ?? '';
  const returnSearch = useReturnSearch();
  const again = useMutation({
    mutationFn: () =>
      authRequest('/send-verification-email', { email, callbackURL: verifiedUrl(returnSearch['return']) }),
  });
  return (
    <AuthFrame
      title={checkMail.title}
      lead={checkMail.advice(email)}
      below={
        <Link to="/sign-up" search={{ ...returnSearch, email }}>
          {checkMail.wrong}
        </Link>
      }
    >
      <p>{again.isSuccess ? <span role="status">{checkMail.sent}</span> : checkMail.spam}</p>
      {again.error !== null && <ErrorNote error={again.error} />}
      <Button busy={again.isPending} disabled={email === ''} onClick={() => again.mutate()}>
        {checkMail.again}
      </Button>
    </AuthFrame>
  );
}
