import { useState } from 'react';
import { auth } from '../../api/client.ts';
import { safeReturn } from '../../app/session.ts';
import { useSettings } from '../../app/settings.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { CheckMail } from './check-mail.tsx';
import { Frame } from './frame.tsx';
import { Providers } from './other-ways.tsx';
import { texts } from './texts.ts';
import { useForm } from './use-form.ts';
import { useSearchText, withReturn } from './way-back.ts';

/** What one agrees to, where the brand has such pages. */
function Agreement() {
  const text = useTexts(texts);
  const { links } = useSettings();
  if (links.terms === null || links.privacy === null) return null;
  return (
    <p>
      {text.agree} <a href={links.terms}>{text.terms}</a>, <a href={links.privacy}>{text.privacy}</a>.
    </p>
  );
}

export function SignUp() {
  const text = useTexts(texts);
  const { plans, default_plan: plan } = useSettings();
  const trialDays = plans.find(({ id }) => id === plan)?.trial_days ?? null;
  const wanted = useSearchText('return');
  const [sentTo, setSentTo] = useState('');
  const form = useForm({ name: '', email: '', password: '' }, async (fields) => {
    await auth('/sign-up/email', { ...fields, callbackURL: withReturn('/console/verified', wanted) });
    setSentTo(fields.email);
  });
  if (sentTo !== '') return <CheckMail email={sentTo} wanted={wanted} onBack={() => setSentTo('')} />;
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
        <Agreement />
        <Button kind="primary" type="submit" isBusy={form.isBusy}>
          {text.signUp}
        </Button>
      </form>
      <Providers />
      <a href={withReturn('/console/sign-in', wanted)}>{text.haveAccount}</a>
    </Frame>
  );
}

/** Where the link of the mail leads. */
export function Verified() {
  const text = useTexts(texts);
  const isBad = useSearchText('error') !== undefined;
  const wanted = useSearchText('return');
  return (
    <Frame title={isBad ? text.badLink : text.verified}>
      <a href={isBad ? withReturn('/console/sign-in', wanted) : safeReturn(wanted)}>
        {isBad ? text.signIn : text.goOn}
      </a>
    </Frame>
  );
}
