import { useState } from 'react';
import { auth } from '../../api/client.ts';
import { useSettings } from '../../app/settings.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { Frame } from './frame.tsx';
import { texts } from './texts.ts';
import { useForm } from './use-form.ts';

export function SignUp() {
  const text = useTexts(texts);
  const { plans, default_plan: plan } = useSettings();
  const trialDays = plans.find(({ id }) => id === plan)?.trial_days ?? null;
  const [sentTo, setSentTo] = useState('');
  const form = useForm({ name: '', email: '', password: '' }, async (fields) => {
    await auth('/sign-up/email', { ...fields, callbackURL: '/console/verified' });
    setSentTo(fields.email);
  });
  if (sentTo !== '')
    return (
      <Frame title={text.checkMail}>
        <p role="status">{text.verifySent(sentTo)}</p>
      </Frame>
    );
  return (
    <Frame title={text.signUp}>
      {trialDays === null ? null : <p>{text.trial(String(trialDays))}</p>}
      <form onSubmit={form.onSubmit}>
        <TextField label={text.name} required maxLength={100} autoComplete="organization" {...form.field('name')} />
        <TextField label={text.email} type="email" required autoComplete="username" {...form.field('email')} />
        <TextField
          label={text.password}
          type="password"
          required
          minLength={10}
          maxLength={200}
          autoComplete="new-password"
          hint={text.passwordHint}
          {...form.field('password')}
        />
        {form.error === null ? null : <ErrorNote error={form.error} />}
        <p>{text.terms}</p>
        <Button kind="primary" type="submit" isBusy={form.isBusy}>
          {text.signUp}
        </Button>
      </form>
      <a href="/console/sign-in">{text.haveAccount}</a>
    </Frame>
  );
}

/** Where the link of the mail leads. */
export function Verified() {
  const text = useTexts(texts);
  const isBad = new URLSearchParams(window.location.search).has('error');
  return (
    <Frame title={isBad ? text.badLink : text.verified}>
      <a href={isBad ? '/console/sign-in' : '/console/'}>{isBad ? text.signIn : text.goOn}</a>
    </Frame>
  );
}
