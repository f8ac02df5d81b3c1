import { cloneElement, lazy, Suspense, useState, type ComponentType, type ReactElement } from 'react';
import type { ButtonProps } from './button.tsx';

export interface LazyMenuProps {
  readonly trigger: ReactElement<ButtonProps>;
  readonly defaultOpen: boolean;
}

/**
 * A menu that is loaded when somebody reaches for it: what opens is large, and not needed before.
 * @param load gives a component that shows a `Menu` with the trigger it is given
 */
export function createLazyMenu(
  load: () => Promise<ComponentType<LazyMenuProps>>,
): ComponentType<{ readonly trigger: ReactElement<ButtonProps> }> {
  const Loaded = lazy(async () => ({ default: await load() }));
  return function LazyMenu({ trigger }) {
    const [isWanted, setIsWanted] = useState(false);
    const closed = cloneElement(trigger, {
      'aria-haspopup': 'menu',
      'aria-expanded': false,
      onPointerEnter: () => void load(),
      onFocus: () => void load(),
      onClick: () => setIsWanted(true),
    });
    if (!isWanted) return closed;
    return (
      <Suspense fallback={closed}>
        <Loaded trigger={trigger} defaultOpen />
      </Suspense>
    );
  };
}
