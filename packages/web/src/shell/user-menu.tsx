import { CircleUserRound } from 'lucide-react';
import { useAccount } from '../api/account.ts';
import { useTexts } from '../i18n/texts.ts';
import { IconButton } from '../ui/button.tsx';
import { createLazyMenu } from '../ui/lazy-menu.tsx';
import { shellTexts } from './shell-texts.ts';

const LazyList = createLazyMenu(async () => (await import('./user-list.tsx')).UserList);

/** Who is signed in, their own settings, the way out. */
export function UserMenu() {
  const texts = useTexts(shellTexts);
  const { user } = useAccount();
  return (
    <LazyList
      trigger={
        <IconButton label={texts.userMenu(user.email)}>
          <CircleUserRound />
        </IconButton>
      }
    />
  );
}
