import { Tabs as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import styles from './tabs.module.css';

export interface Tab {
  readonly id: string;
  readonly title: string;
  readonly content: ReactNode;
}

export function Tabs({ label, tabs }: { readonly label: string; readonly tabs: readonly Tab[] }) {
  return (
    <Radix.Root defaultValue={tabs[0]?.id ?? ''} className={styles['root']}>
      <Radix.List aria-label={label} className={styles['list']}>
        {tabs.map(({ id, title }) => (
          <Radix.Trigger key={id} value={id} className={styles['tab']}>
            {title}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map(({ id, content }) => (
        <Radix.Content key={id} value={id} className={styles['content']}>
          {content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
