import { useTexts } from '../../i18n/texts.ts';
import { Page as Frame } from '../../ui/page.tsx';
import { DeleteCard } from './delete-card.tsx';
import { EmailCard } from './email-card.tsx';
import { PasskeysCard } from './passkeys-card.tsx';
import { PasswordCard } from './password-card.tsx';
import { securityTexts } from './security-texts.ts';
import { SessionsCard } from './sessions-card.tsx';
import { TotpCard } from './totp-card.tsx';
import styles from './security.module.css';

export function Page() {
  const texts = useTexts(securityTexts);
  return (
    <Frame title={texts.title} description={texts.description}>
      <div className={styles.columns}>
        <div>
          <PasskeysCard />
          <TotpCard />
        </div>
        <div>
          <PasswordCard />
          <EmailCard />
        </div>
      </div>
      <SessionsCard />
      <DeleteCard />
    </Frame>
  );
}
