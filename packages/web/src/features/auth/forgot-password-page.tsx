import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { authRequest } from '../../api/auth-request.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { authTexts } from './auth-texts.ts';
import { useSearchText } from './after-sign-in.ts';
import styles from './auth-frame.module.css';

export function Page() {
  const { forgot, email: label } = useTexts(authTexts);
  const [email, setEmail] = useState(useSearchText('email') ?? '');
  const ask = useMutation({
    mutationFn: () => authRequest('/request-password-reset', { email: email.trim(), redirectTo: '/console/reset' }),
  });
  const below = <Link to="/sign-in">{forgot.back}</Link>;
  if (ask.isSuccess) return <AuthFrame title={forgot.sent} lead={forgot.sentAdvice(email.trim())} below={below} />;
  return (
    <AuthFrame title={forgot.title} lead={forgot.advice} below={below}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!ask.isPending) ask.mutate();
        }}
      >
        <TextField
          label={label}
          type="email"
          autoComplete="email"
          required
          autoFocus
          value={email}
          onChange={({ target }) => setEmail(target.value)}
        />
        {ask.error !== null && <ErrorNote error={ask.error} />}
        <Button kind="primary" type="submit" busy={ask.isPending}>
          {forgot.action}
        </Button>
      </form>
    </AuthFrame>
  );
}
