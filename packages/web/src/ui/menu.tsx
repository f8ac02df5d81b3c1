import { DropdownMenu } from 'radix-ui';
import type { ReactNode } from 'react';
import styles from './menu.module.css';

export interface MenuItem {
  readonly id: string;
  readonly label: string;
  readonly icon?: ReactNode;
  readonly isDanger?: boolean;
  readonly isChosen?: boolean;
  readonly onSelect: () => void;
}

/** A button that opens a list of deeds. @param trigger one element that takes a ref and props: a Button */
export function Menu({
  trigger,
  items,
  label,
  defaultOpen = false,
}: {
  readonly trigger: ReactNode;
  readonly items: readonly MenuItem[];
  readonly label: string;
  readonly defaultOpen?: boolean;
}) {
  return (
    <DropdownMenu.Root modal={false} defaultOpen={defaultOpen}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className={styles['content']} align="end" sideOffset={6} aria-label={label}>
          {items.map(({ id, label: name, icon, isDanger, isChosen, onSelect }) => (
            <DropdownMenu.Item
              key={id}
              className={`${styles['item'] ?? ''} ${isDanger === true ? (styles['danger'] ?? '') : ''}`}
              aria-current={isChosen === true ? 'true' : undefined}
              onSelect={onSelect}
            >
              {icon}
              {name}
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
