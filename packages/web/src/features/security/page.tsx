import { useTexts } from '../../i18n/language.tsx';
import { PageHeader } from '../../ui/card.tsx';
import { ChangeEmail, ChangePassword } from './credentials.tsx';
import { DeleteAccount, ExportData } from './own-data.tsx';
import { Passkeys } from './passkeys.tsx';
import { Sessions } from './sessions.tsx';
import { texts } from './texts.ts';
import { TwoFactor } from './two-factor.tsx';

export function Page() {
  const text = useTexts(texts);
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      <div className="columns">
        <ChangePassword />
        <ChangeEmail />
        <TwoFactor />
        <Passkeys />
      </div>
      <Sessions />
      <div className="columns">
        <ExportData />
        <DeleteAccount />
      </div>
    </>
  );
}
