import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { LogOut, ShieldCheck } from 'lucide-react';
import { useAccount } from '../api/account.ts';
import { toApiError } from '../api/api-error.ts';
import { feature as security } from '../features/security/feature.ts';
import { useLocalize, useTexts } from '../i18n/texts.ts';
import type { LazyMenuProps } from '../ui/lazy-menu.tsx';
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '../ui/menu.tsx';
import { notify } from '../ui/toast-store.ts';
import { useSessionActions } from './session-actions.ts';
import { shellTexts } from './shell-texts.ts';

export function UserList({ trigger, defaultOpen }: LazyMenuProps) {
  const texts = useTexts(shellTexts);
  const localize = useLocalize();
  const navigate = useNavigate();
  const { user } = useAccount();
  const { signOut } = useSessionActions();
  const leaving = useMutation({
    mutationFn: signOut,
    onError: (error) => notify({ kind: 'bad', title: toApiError(error).message }),
  });
  return (
    <Menu trigger={trigger} defaultOpen={defaultOpen}>
      <MenuLabel>{texts.signedInAs(user.email)}</MenuLabel>
      <MenuItem icon={<ShieldCheck />} onSelect={() => void navigate({ to: security.path })}>
        {localize(security.label)}
      </MenuItem>
      <MenuSeparator />
      <MenuItem icon={<LogOut />} onSelect={() => leaving.mutate()}>
        {texts.signOut}
      </MenuItem>
    </Menu>
  );
}
