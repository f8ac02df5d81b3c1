import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { authRequest } from '../../api/auth-request.ts';
import { useConsoleConfig } from '../../api/console-config.ts';
import { useFormats } from '../../i18n/formats.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { authTexts } from './auth-texts.ts';
import { useReturnSearch, useSearchText } from './after-sign-in.ts';
import { verifiedUrl } from './verified-url.ts';
import styles from './auth-frame.module.css';

/** What one agrees to, with links, where the brand has such pages. */
function Agreement() {
  const { signUp } = useTexts(authTexts);
  const { links } = useConsoleConfig();
  if (links.terms === null || links.privacy === null) return null;
  const [before = '', between = '', after = ''] = signUp.terms('\u0000', '\u0000').split('\u0000');
  return (
    <p className={styles.lead}>
      {before}
      <a href={links.terms}>{signUp.termsLink}</a>
      {between}
      <a href={links.privacy}>{signUp.privacyLink}</a>
      {after}
    </p>
  );
}

export function Page() {
  const texts = useTexts(authTexts);
  const formats = useFormats();
  const { plans, default_plan: defaultPlan } = useConsoleConfig();
  const [name, setName] = useState('');
  const [email, setEmail] = useState(useSearchText('email') ?? '');
  const [password, setPassword] = useState('');
  const returnSearch = useReturnSearch();
  const navigate = useNavigate();
  const signUp = useMutation({
    mutationFn: () =>
      authRequest('/sign-up/email', {
        ...{ name: name.trim(), email: email.trim(), password },
        callbackURL: verifiedUrl(returnSearch['return']),
      }),
    onSuccess: () => navigate({ to: '/check-mail', search: { ...returnSearch, email: email.trim() } }),
  });
  const plan = plans.find(({ id }) => id === defaultPlan);
  const days = plan?.trial_days ?? null;
  return (
    <AuthFrame
      title={texts.signUp.title}
      lead={days === null ? undefined : texts.signUp.trial(formats.number(days), plan?.title ?? defaultPlan)}
      below={
        <span>
          {texts.signUp.have}{' '}
          <Link to="/sign-in" search={returnSearch}>
            {texts.signIn.title}
          </Link>
        </span>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!signUp.isPending) signUp.mutate();
        }}
      >
        <TextField
          label={texts.name}
          autoComplete="name"
          required
          autoFocus
          maxLength={100}
          value={name}
          onChange={({ target }) => setName(target.value)}
        />
        <TextField
          label={texts.email}
          type="email"
          autoComplete="email"
          required
          value={email}
          onChange={({ target }) => setEmail(target.value)}
        />
        <TextField
          label={texts.password}
          hint={texts.signUp.passwordHint}
          type="password"
          autoComplete="new-password"
          required
          minLength={10}
          value={password}
          onChange={({ target }) => setPassword(target.value)}
        />
        <Agreement />
        {signUp.error !== null && <ErrorNote error={signUp.error} />}
        <Button kind="primary" type="submit" busy={signUp.isPending}>
          {texts.signUp.action}
        </Button>
      </form>
    </AuthFrame>
  );
}
