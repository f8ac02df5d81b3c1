import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { auth } from '../../api/client.ts';
import { safeReturn } from '../../app/session.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { Frame } from './frame.tsx';
import frame from './frame.module.css';
import { signInWithPasskey } from './passkey.ts';
import { texts } from './texts.ts';
import { useForm } from './use-form.ts';

/** After signing in the page is loaded anew: nothing of who was here before remains. */
function useGoOn(): () => void {
  const search: { readonly return?: unknown } = useSearch({ strict: false });
  return () => window.location.assign(safeReturn(search.return));
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

function OtherWays({ onDone }: { readonly onDone: () => void }) {
  const text = useTexts(texts);
  const [failure, setFailure] = useState('');
  const passkey = () => {
    signInWithPasskey().then(onDone, () => setFailure(text.passkeyFailed));
  };
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
  const [needsCode, setNeedsCode] = useState(false);
  const [unverified, setUnverified] = useState('');
  const form = useForm({ email: '', password: '' }, async ({ email, password }) => {
    setUnverified('');
    try {
      const answer = await auth<{ twoFactorRedirect?: boolean }>('/sign-in/email', {
        ...{ email, password },
        callbackURL: '/console/verified',
      });
      if (answer.twoFactorRedirect === true) setNeedsCode(true);
      else goOn();
    } catch (error) {
      if ((error as { readonly code?: string }).code !== 'EMAIL_NOT_VERIFIED') throw error;
      setUnverified(email);
    }
  });
  if (needsCode)
    return (
      <Frame title={text.code}>
        <SecondFactor onDone={goOn} />
      </Frame>
    );
  return (
    <Frame title={text.signIn}>
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
        {unverified === '' ? null : <p role="status">{text.verifySent(unverified)}</p>}
        <Button kind="primary" type="submit" isBusy={form.isBusy}>
          {text.signIn}
        </Button>
      </form>
      <OtherWays onDone={goOn} />
      <p className={frame['links']}>
        <a href="/console/forgot-password">{text.forgot}</a>
        <a href="/console/sign-up">{text.noAccount}</a>
      </p>
    </Frame>
  );
}
