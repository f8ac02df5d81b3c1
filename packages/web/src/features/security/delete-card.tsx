import { useState } from 'react';
import { useAccount } from '../../api/account.ts';
import { authRequest } from '../../api/auth-request.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { securityTexts } from './security-texts.ts';
import styles from './security.module.css';

export function DeleteCard() {
  const { remove: texts } = useTexts(securityTexts);
  const { user } = useAccount();
  const [isAsking, setIsAsking] = useState(false);
  const [isSent, setIsSent] = useState(false);
  return (
    <Card title={texts.title} description={texts.advice}>
      {isSent && <p role="status">{texts.sent}</p>}
      <div className={styles.buttons}>
        <Button kind="danger" onClick={() => setIsAsking(true)}>
          {texts.open}
        </Button>
      </div>
      <ConfirmDialog
        open={isAsking}
        onOpenChange={setIsAsking}
        title={texts.confirm}
        description={texts.advice}
        confirmLabel={texts.submit}
        typed={{ label: texts.type(user.email), value: user.email }}
        onConfirm={async () => {
          await authRequest('/delete-user', { callbackURL: '/console/sign-in?deleted=1' });
          setIsSent(true);
        }}
      />
    </Card>
  );
}
