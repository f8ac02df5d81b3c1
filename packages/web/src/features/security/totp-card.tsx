import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { authRequest } from '../../api/auth-request.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Badge } from '../../ui/badge.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { notify } from '../../ui/toast-store.ts';
import { PasswordDialog } from './password-dialog.tsx';
import { securityTexts } from './security-texts.ts';
import { sessionQuery } from './session-query.ts';
import { BackupCodesDialog, ScanDialog } from './totp-dialogs.tsx';
import styles from './security.module.css';

interface SetUp {
  readonly totpURI: string;
  readonly backupCodes: readonly string[];
}

/** How far setting up or turning off has come. */
type Step =
  | { readonly kind: 'password' | 'off' | 'new-codes' }
  | { readonly kind: 'scan'; readonly setUp: SetUp }
  | { readonly kind: 'codes'; readonly codes: readonly string[] };

function Steps({ step, go }: { readonly step: Step | undefined; readonly go: (next: Step | undefined) => void }) {
  const { totp: texts } = useTexts(securityTexts);
  const queryClient = useQueryClient();
  const close = () => go(undefined);
  const changed = async (title: string) => {
    notify({ title });
    await queryClient.invalidateQueries({ queryKey: ['auth'] });
  };
  switch (step?.kind) {
    case 'password':
      return (
        <PasswordDialog
          title={texts.passwordTitle}
          submitLabel={texts.next}
          onClose={close}
          onSubmit={async (password) => {
            go({ kind: 'scan', setUp: await authRequest<SetUp>('/two-factor/enable', { password }) });
          }}
        />
      );
    case 'scan':
      return (
        <ScanDialog
          uri={step.setUp.totpURI}
          onClose={close}
          onDone={() => {
            go({ kind: 'codes', codes: step.setUp.backupCodes });
            void changed(texts.isOn);
          }}
        />
      );
    case 'codes':
      return <BackupCodesDialog codes={step.codes} onClose={close} />;
    case 'new-codes':
      return (
        <PasswordDialog
          title={texts.newCodes}
          description={texts.newCodesAdvice}
          submitLabel={texts.newCodes}
          onClose={close}
          onSubmit={async (password) => {
            const made = await authRequest<Pick<SetUp, 'backupCodes'>>('/two-factor/generate-backup-codes', {
              password,
            });
            go({ kind: 'codes', codes: made.backupCodes });
          }}
        />
      );
    case 'off':
      return (
        <PasswordDialog
          title={texts.offTitle}
          description={texts.offAdvice}
          submitLabel={texts.turnOff}
          isDangerous
          onClose={close}
          onSubmit={async (password) => {
            await authRequest('/two-factor/disable', { password });
            close();
            await changed(texts.isOff);
          }}
        />
      );
    case undefined:
      return null;
  }
}

export function TotpCard() {
  const { totp: texts } = useTexts(securityTexts);
  const { data, error } = useQuery(sessionQuery);
  const [step, setStep] = useState<Step>();
  const isOn = data?.user.twoFactorEnabled === true;
  return (
    <Card
      title={texts.title}
      description={isOn ? texts.on : texts.off}
      actions={
        data !== undefined && <Badge kind={isOn ? 'good' : 'plain'}>{isOn ? texts.badgeOn : texts.badgeOff}</Badge>
      }
    >
      {error !== null && <ErrorNote error={error} />}
      {data === undefined && error === null && <Skeleton lines={1} />}
      {data !== undefined && (
        <div className={styles.buttons}>
          {isOn ? (
            <>
              <Button onClick={() => setStep({ kind: 'new-codes' })}>{texts.newCodes}</Button>
              <Button onClick={() => setStep({ kind: 'off' })}>{texts.turnOff}</Button>
            </>
          ) : (
            <Button onClick={() => setStep({ kind: 'password' })}>{texts.setUp}</Button>
          )}
        </div>
      )}
      <Steps step={step} go={setStep} />
    </Card>
  );
}
