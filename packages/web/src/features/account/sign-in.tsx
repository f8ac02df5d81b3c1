import { useState } from 'react';
import { auth } from '../../api/client.ts';
import { Problem } from '../../api/problem.ts';
import { safeReturn } from '../../app/session.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { CheckMail } from './check-mail.tsx';
import { Frame } from './frame.tsx';
import frame from './frame.module.css';
import { ProviderFailure, Providers } from './other-ways.tsx';
import { signInWithPasskey, useHasPasskeys } from './passkey.ts';
import { texts } from './texts.ts';
import { useForm } from './use-form.ts';
import { useSearchText, withReturn } from './way-back.ts';

/** After signing in the page is loaded anew: nothing of who was here before remains. */
function useGoOn(): () => void {
  const wanted = useSearchText('return');
  return () => window.location.assign(safeReturn(wanted));
}

function SecondFactor({ onDone }: { readonly onDone: () => void }) {
  const text = useTexts(texts);
  const form = useForm({ code: '' }, async ({ code }) => {
    const digits = code.replaceAll(/\s/g, '');
    const path = /^\d{6}$/.test(digits) ? '/two-factor/verify-totp' : '/two-factor/verify-backup-code';
    await auth(path, { code: digits });
    onDone();
  });
  return (
    <form onSubmit={form.onSubmit}>
      <TextField
        label={text.code}
        hint={text.codeHint}
        {...form.field('code')}
        required
        autoFocus
        autoComplete="one-time-code"
      />
      {form.error === null ? null : <ErrorNote error={form.error} />}
      <Button kind="primary" type="submit" isBusy={form.isBusy}>
        {text.signIn}
      </Button>
    </form>
  );
}

function Passkey({ onDone }: { readonly onDone: () => void }) {
  const text = useTexts(texts);
  const [failure, setFailure] = useState('');
  const hasPasskeys = useHasPasskeys();
  const passkey = () => {
    signInWithPasskey().then(onDone, () => setFailure(text.passkeyFailed));
  };
  if (!hasPasskeys) return null;
  return (
    <>
      <Button onClick={passkey}>{text.passkey}</Button>
      {failure === '' ? null : <p role="alert">{failure}</p>}
    </>
  );
}

export function SignIn() {
  const text = useTexts(texts);
  const goOn = useGoOn();
  const wanted = useSearchText('return');
  const isDeleted = useSearchText('deleted') !== undefined;
  const [needsCode, setNeedsCode] = useState(false);
  const [unverified, setUnverified] = useState('');
  const form = useForm({ email: useSearchText('email') ?? '', password: '' }, async ({ email, password }) => {
    setUnverified('');
    try {
      const answer = await auth<{ twoFactorRedirect?: boolean }>('/sign-in/email', {
        ...{ email, password },
        callbackURL: withReturn('/console/verified', wanted),
      });
      if (answer.twoFactorRedirect === true) setNeedsCode(true);
      else goOn();
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'EMAIL_NOT_VERIFIED') throw error;
      setUnverified(email);
    }
  });
  if (needsCode)
    return (
      <Frame title={text.code}>
        <SecondFactor onDone={goOn} />
      </Frame>
    );
  if (unverified !== '') return <CheckMail email={unverified} wanted={wanted} onBack={() => setUnverified('')} />;
  return (
    <Frame title={text.signIn}>
      <ProviderFailure />
      {isDeleted ? <p role="status">{text.deleted}</p> : null}
      {wanted === undefined ? null : <p>{text.signInFirst}</p>}
      <form onSubmit={form.onSubmit}>
        <TextField label={text.email} type="email" required autoComplete="username" {...form.field('email')} />
        <TextField
          label={text.password}
          type="password"
          required
          autoComplete="current-password"
          {...form.field('password')}
        />
        {form.error === null ? null : <ErrorNote error={form.error} />}
        <Button kind="primary" type="submit" isBusy={form.isBusy}>
          {text.signIn}
        </Button>
      </form>
      <Passkey onDone={goOn} />
      <Providers />
      <p className={frame['links']}>
        <a href="/console/forgot-password">{text.forgot}</a>
        <a href={withReturn('/console/sign-up', wanted)}>{text.noAccount}</a>
      </p>
    </Frame>
  );
}
