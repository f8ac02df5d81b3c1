import { useTexts } from '../i18n/texts.ts';
import { Dialog } from '../ui/dialog.tsx';
import type { OpenProps } from '../ui/lazy-dialog.tsx';
import { Navigation } from './navigation.tsx';
import { OrganizationSwitcher } from './organization-switcher.tsx';
import { shellTexts } from './shell-texts.ts';

/** The navigation where there is no room beside the page. */
export function PhoneNavigation({ open, onOpenChange }: OpenProps) {
  const texts = useTexts(shellTexts);
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={texts.mainNavigation}>
      <OrganizationSwitcher />
      <Navigation onNavigate={() => onOpenChange(false)} />
    </Dialog>
  );
}
