import { Building2 } from 'lucide-react';
import { useTexts } from '../i18n/language.tsx';
import type { LazyMenuProps } from '../ui/lazy-menu.tsx';
import { Menu } from '../ui/menu.tsx';
import { menuTexts } from './menu-texts.ts';
import { useMe, useSwitchOrganization } from './session.ts';

export function OrganizationItems({ trigger, defaultOpen }: LazyMenuProps) {
  const text = useTexts(menuTexts);
  const me = useMe();
  const choose = useSwitchOrganization();
  return (
    <Menu
      label={text.organizations}
      trigger={trigger}
      defaultOpen={defaultOpen}
      items={me.organizations.map(({ id, name }) => ({
        id,
        label: name,
        icon: <Building2 aria-hidden="true" />,
        isChosen: id === me.organization,
        onSelect: () => choose(id),
      }))}
    />
  );
}
