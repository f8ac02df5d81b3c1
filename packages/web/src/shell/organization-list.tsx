import { useAccount, useOrganization } from '../api/account.ts';
import { useTexts } from '../i18n/texts.ts';
import type { LazyMenuProps } from '../ui/lazy-menu.tsx';
import { Menu, MenuChoices } from '../ui/menu.tsx';
import { useSessionActions } from './session-actions.ts';
import { shellTexts } from './shell-texts.ts';

export function OrganizationList({ trigger, defaultOpen }: LazyMenuProps) {
  const texts = useTexts(shellTexts);
  const { organizations } = useAccount();
  const { id } = useOrganization();
  const { switchOrganization } = useSessionActions();
  return (
    <Menu align="start" trigger={trigger} defaultOpen={defaultOpen}>
      <MenuChoices
        label={texts.organization}
        value={id}
        choices={organizations.map((choice) => ({ value: choice.id, label: choice.name }))}
        onChoose={(chosen) => void switchOrganization(chosen)}
      />
    </Menu>
  );
}
