import { useEffect } from 'react';
import { useSettings } from './settings.ts';

/** Names the window after the page: what is read first, and how tabs are told apart. */
export function usePageTitle(title: string): void {
  const { brand } = useSettings();
  useEffect(() => {
    document.title = title === '' ? brand.name : `${title} · ${brand.name}`;
  }, [title, brand.name]);
}
