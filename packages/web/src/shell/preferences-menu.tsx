import { Contrast } from 'lucide-react';
import { useTexts } from '../i18n/texts.ts';
import { IconButton } from '../ui/button.tsx';
import { createLazyMenu } from '../ui/lazy-menu.tsx';
import { shellTexts } from './shell-texts.ts';

const LazyList = createLazyMenu(async () => (await import('./preferences-list.tsx')).PreferencesList);

/** Light or dark, English or German. */
export function PreferencesMenu() {
  const texts = useTexts(shellTexts);
  return (
    <LazyList
      trigger={
        <IconButton label={texts.settings}>
          <Contrast />
        </IconButton>
      }
    />
  );
}
