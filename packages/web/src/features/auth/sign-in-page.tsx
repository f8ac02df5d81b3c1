import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { KeyRound } from 'lucide-react';
import { useState } from 'react';
import { ApiError } from '../../api/api-error.ts';
import { authRequest } from '../../api/auth-request.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { authTexts } from './auth-texts.ts';
import { useAfterSignIn, useReturnSearch, useSearchText } from './after-sign-in.ts';
import { signInWithPasskey, useHasPasskeys } from './passkey.ts';
import { SecondStep } from './second-step.tsx';
import { verifiedUrl } from './verified-url.ts';
import styles from './auth-frame.module.css';

interface SignInAnswer {
  readonly twoFactorRedirect?: boolean;
}

function PasskeySignIn({ onDone }: { readonly onDone: () => void }) {
  const { signIn } = useTexts(authTexts);
  const passkey = useMutation({ mutationFn: signInWithPasskey, onSuccess: onDone });
  return (
    <>
      <span className={styles.or}>{signIn.or}</span>
      <Button icon={<KeyRound aria-hidden="true" />} busy={passkey.isPending} onClick={() => passkey.mutate()}>
        {signIn.passkey}
      </Button>
      {passkey.error !== null && <ErrorNote error={passkey.error} />}
    </>
  );
}

export function Page() {
  const texts = useTexts(authTexts);
  const hasPasskeys = useHasPasskeys();
  const [email, setEmail] = useState(useSearchText('email') ?? '');
  const [password, setPassword] = useState('');
  const [isSecondStep, setIsSecondStep] = useState(false);
  const returnSearch = useReturnSearch();
  const goOn = useAfterSignIn();
  const navigate = useNavigate();
  const signIn = useMutation({
    mutationFn: () =>
      authRequest<SignInAnswer>('/sign-in/email', {
        email: email.trim(),
        password,
        callbackURL: verifiedUrl(returnSearch['return']),
      }),
    onSuccess: ({ twoFactorRedirect }) => {
      if (twoFactorRedirect === true) setIsSecondStep(true);
      else goOn();
    },
    onError: (error) => {
      if (error instanceof ApiError && error.code === 'EMAIL_NOT_VERIFIED')
        void navigate({ to: '/check-mail', search: { ...returnSearch, email: email.trim() } });
    },
  });
  const isDeleted = useSearchText('deleted') !== undefined;
  const lead = isDeleted ? texts.signIn.deleted : returnSearch['return'] && texts.signIn.ended;
  if (isSecondStep) return <SecondStep onDone={goOn} onAgain={() => setIsSecondStep(false)} />;
  return (
    <AuthFrame
      title={texts.signIn.title}
      lead={lead}
      below={
        <>
          <Link to="/forgot-password" search={email === '' ? {} : { email }}>
            {texts.signIn.forgot}
          </Link>
          <span>
            {texts.signIn.noAccount}{' '}
            <Link to="/sign-up" search={returnSearch}>
              {texts.signUp.title}
            </Link>
          </span>
        </>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!signIn.isPending) signIn.mutate();
        }}
      >
        <TextField
          label={texts.email}
          type="email"
          autoComplete="username webauthn"
          required
          autoFocus
          value={email}
          onChange={({ target }) => setEmail(target.value)}
        />
        <TextField
          label={texts.password}
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={({ target }) => setPassword(target.value)}
        />
        {signIn.error !== null && <ErrorNote error={signIn.error} />}
        <Button kind="primary" type="submit" busy={signIn.isPending}>
          {texts.signIn.action}
        </Button>
      </form>
      {hasPasskeys && <PasskeySignIn onDone={goOn} />}
    </AuthFrame>
  );
}
