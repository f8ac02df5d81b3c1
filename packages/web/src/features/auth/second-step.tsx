import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { authRequest } from '../../api/auth-request.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { CheckboxField, TextField } from '../../ui/field.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { authTexts } from './auth-texts.ts';
import styles from './auth-frame.module.css';

/** After the password: the code of the app, or one that was kept for a lost phone. */
export function SecondStep({ onDone, onAgain }: { readonly onDone: () => void; readonly onAgain: () => void }) {
  const { code: texts } = useTexts(authTexts);
  const [isBackup, setIsBackup] = useState(false);
  const [code, setCode] = useState('');
  const [trusts, setTrusts] = useState(false);
  const verify = useMutation({
    mutationFn: () =>
      authRequest(isBackup ? '/two-factor/verify-backup-code' : '/two-factor/verify-totp', {
        code: isBackup ? code.trim() : code.replaceAll(/\s/g, ''),
        trustDevice: trusts,
      }),
    onSuccess: onDone,
  });
  const change = () => {
    setIsBackup(!isBackup);
    setCode('');
    verify.reset();
  };
  return (
    <AuthFrame
      title={texts.title}
      lead={isBackup ? texts.backupAdvice : texts.advice}
      below={
        <>
          <Button kind="quiet" onClick={change}>
            {isBackup ? texts.useApp : texts.useBackup}
          </Button>
          <Button kind="quiet" onClick={onAgain}>
            {texts.again}
          </Button>
        </>
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!verify.isPending) verify.mutate();
        }}
      >
        <TextField
          key={String(isBackup)}
          label={isBackup ? texts.backupLabel : texts.label}
          autoComplete="one-time-code"
          inputMode={isBackup ? 'text' : 'numeric'}
          required
          autoFocus
          value={code}
          onChange={({ target }) => setCode(target.value)}
        />
        <CheckboxField label={texts.trust} checked={trusts} onChange={({ target }) => setTrusts(target.checked)} />
        {verify.error !== null && <ErrorNote error={verify.error} />}
        <Button kind="primary" type="submit" busy={verify.isPending}>
          {texts.action}
        </Button>
      </form>
    </AuthFrame>
  );
}
