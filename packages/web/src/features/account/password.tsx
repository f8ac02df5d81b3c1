import { useState } from 'react';
import { auth } from '../../api/client.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { Frame } from './frame.tsx';
import { texts } from './texts.ts';
import { useForm } from './use-form.ts';

export function ForgotPassword() {
  const text = useTexts(texts);
  const [sentTo, setSentTo] = useState('');
  const form = useForm({ email: '' }, async ({ email }) => {
    await auth('/request-password-reset', { email, redirectTo: '/console/reset-password' });
    setSentTo(email);
  });
  return (
    <Frame title={sentTo === '' ? text.forgot : text.checkMail}>
      {sentTo === '' ? (
        <form onSubmit={form.onSubmit}>
          <TextField label={text.email} type="email" required autoComplete="username" {...form.field('email')} />
          {form.error === null ? null : <ErrorNote error={form.error} />}
          <Button kind="primary" type="submit" isBusy={form.isBusy}>
            {text.sendReset}
          </Button>
        </form>
      ) : (
        <p role="status">{text.resetSent(sentTo)}</p>
      )}
      <a href="/console/sign-in">{text.signIn}</a>
    </Frame>
  );
}

export function ResetPassword() {
  const text = useTexts(texts);
  const token = new URLSearchParams(window.location.search).get('token');
  const [isDone, setDone] = useState(false);
  const form = useForm({ password: '' }, async ({ password }) => {
    await auth('/reset-password', { newPassword: password, token: token ?? '' });
    setDone(true);
  });
  if (token === null || isDone)
    return (
      <Frame title={text.resetTitle}>
        <p role="status">{isDone ? text.resetDone : text.badLink}</p>
        <a href={isDone ? '/console/sign-in' : '/console/forgot-password'}>{isDone ? text.signIn : text.forgot}</a>
      </Frame>
    );
  return (
    <Frame title={text.resetTitle}>
      <form onSubmit={form.onSubmit}>
        <TextField
          label={text.newPassword}
          type="password"
          required
          minLength={10}
          maxLength={200}
          autoComplete="new-password"
          hint={text.passwordHint}
          {...form.field('password')}
        />
        {form.error === null ? null : <ErrorNote error={form.error} />}
        <Button kind="primary" type="submit" isBusy={form.isBusy}>
          {text.setPassword}
        </Button>
      </form>
    </Frame>
  );
}
