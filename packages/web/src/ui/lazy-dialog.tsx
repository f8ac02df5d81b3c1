import { lazy, Suspense, useState, type ComponentType } from 'react';

export interface OpenProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
}

/** A dialog that is loaded when it is first opened, and stays from then on. */
export function createLazyDialog(load: () => Promise<ComponentType<OpenProps>>): ComponentType<OpenProps> {
  const Loaded = lazy(async () => ({ default: await load() }));
  return function LazyDialog({ open, onOpenChange }) {
    const [wasOpen, setWasOpen] = useState(open);
    if (open && !wasOpen) setWasOpen(true);
    if (!wasOpen) return null;
    return (
      <Suspense>
        <Loaded open={open} onOpenChange={onOpenChange} />
      </Suspense>
    );
  };
}
