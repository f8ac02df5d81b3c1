import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAccount } from '../../api/account.ts';
import { authRequest } from '../../api/auth-request.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { CheckboxField, TextField } from '../../ui/field.tsx';
import { notify } from '../../ui/toast-store.ts';
import { securityTexts } from './security-texts.ts';
import styles from './security.module.css';

export function PasswordCard() {
  const texts = useTexts(securityTexts);
  const { user } = useAccount();
  const queryClient = useQueryClient();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [endsOthers, setEndsOthers] = useState(true);
  const change = useMutation({
    mutationFn: () =>
      authRequest('/change-password', {
        currentPassword: current,
        newPassword: next,
        revokeOtherSessions: endsOthers,
      }),
    onSuccess: async () => {
      setCurrent('');
      setNext('');
      notify({ title: texts.password.done });
      await queryClient.invalidateQueries({ queryKey: ['auth'] });
    },
  });
  return (
    <Card title={texts.password.title}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!change.isPending) change.mutate();
        }}
      >
        {/* Password managers look for whose password it is. */}
        <input type="hidden" autoComplete="username" value={user.email} readOnly />
        <TextField
          label={texts.currentPassword}
          type="password"
          autoComplete="current-password"
          required
          value={current}
          onChange={({ target }) => setCurrent(target.value)}
        />
        <TextField
          label={texts.password.new}
          hint={texts.password.hint}
          type="password"
          autoComplete="new-password"
          required
          minLength={10}
          value={next}
          onChange={({ target }) => setNext(target.value)}
        />
        <CheckboxField
          label={texts.password.others}
          checked={endsOthers}
          onChange={({ target }) => setEndsOthers(target.checked)}
        />
        {change.error !== null && <ErrorNote error={change.error} />}
        <Button type="submit" busy={change.isPending}>
          {texts.password.submit}
        </Button>
      </form>
    </Card>
  );
}
