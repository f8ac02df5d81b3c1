import { Toast as Radix } from 'radix-ui';
import { createContext, use, useCallback, useState, type ReactNode } from 'react';
import styles from './toast.module.css';

const ToastContext = createContext<(message: string) => void>(() => undefined);

interface Message {
  readonly id: number;
  readonly text: string;
}

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [messages, setMessages] = useState<readonly Message[]>([]);
  const tell = useCallback((text: string) => {
    setMessages((all) => [...all.slice(-2), { id: Date.now() + all.length, text }]);
  }, []);
  return (
    <ToastContext value={tell}>
      <Radix.Provider duration={5_000}>
        {children}
        {messages.map(({ id, text }) => (
          <Radix.Root
            key={id}
            className={styles['toast']}
            onOpenChange={(isOpen) => {
              if (!isOpen) setMessages((all) => all.filter((each) => each.id !== id));
            }}
          >
            <Radix.Description>{text}</Radix.Description>
          </Radix.Root>
        ))}
        <Radix.Viewport className={styles['viewport']} />
      </Radix.Provider>
    </ToastContext>
  );
}

/** Tells that something was done. Failures stay where they happened: see ErrorNote. */
export function useToast(): (message: string) => void {
  return use(ToastContext);
}
