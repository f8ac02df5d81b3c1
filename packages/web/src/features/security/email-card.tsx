import { useMutation } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useAccount } from '../../api/account.ts';
import { authRequest } from '../../api/auth-request.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { securityTexts } from './security-texts.ts';
import styles from './security.module.css';

export function EmailCard() {
  const { email: texts } = useTexts(securityTexts);
  const { user } = useAccount();
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false });
  const [email, setEmail] = useState('');
  const change = useMutation({
    mutationFn: (newEmail: string) =>
      authRequest('/change-email', { newEmail, callbackURL: '/console/security?confirmed=1' }),
    onSuccess: () => setEmail(''),
  });
  return (
    <Card title={texts.title} description={texts.current(user.email)}>
      {search['confirmed'] !== undefined && <p role="status">{texts.confirmed}</p>}
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!change.isPending) change.mutate(email.trim());
        }}
      >
        <TextField
          label={texts.new}
          type="email"
          autoComplete="email"
          required
          value={email}
          onChange={({ target }) => setEmail(target.value)}
        />
        {change.error !== null && <ErrorNote error={change.error} />}
        {change.isSuccess && <p role="status">{texts.sent(change.variables)}</p>}
        <Button type="submit" busy={change.isPending}>
          {texts.submit}
        </Button>
      </form>
    </Card>
  );
}
