import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { authRequest } from '../../api/auth-request.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { authTexts } from './auth-texts.ts';
import { useSearchText } from './after-sign-in.ts';
import styles from './auth-frame.module.css';

/** Where the link of `forgot password` leads. */
export function Page() {
  const { reset, signUp, signIn } = useTexts(authTexts);
  const token = useSearchText('token');
  const [password, setPassword] = useState('');
  const set = useMutation({
    mutationFn: () => authRequest('/reset-password', { newPassword: password, token }),
  });
  if (token === undefined)
    return (
      <AuthFrame title={reset.invalid} lead={reset.invalidAdvice}>
        <Link to="/forgot-password" className={buttonClass('primary')}>
          {reset.again}
        </Link>
      </AuthFrame>
    );
  if (set.isSuccess)
    return (
      <AuthFrame title={reset.done}>
        <Link to="/sign-in" className={buttonClass('primary')}>
          {signIn.title}
        </Link>
      </AuthFrame>
    );
  return (
    <AuthFrame title={reset.title} lead={reset.note}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!set.isPending) set.mutate();
        }}
      >
        <TextField
          label={reset.label}
          hint={signUp.passwordHint}
          type="password"
          autoComplete="new-password"
          required
          minLength={10}
          autoFocus
          value={password}
          onChange={({ target }) => setPassword(target.value)}
        />
        {set.error !== null && <ErrorNote error={set.error} />}
        <Button kind="primary" type="submit" busy={set.isPending}>
          {reset.action}
        </Button>
      </form>
    </AuthFrame>
  );
}
