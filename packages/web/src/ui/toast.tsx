import { createContext, use, useCallback, useState, type ReactNode } from 'react';
import styles from './toast.module.css';

const ToastContext = createContext<(message: string) => void>(() => undefined);

interface Message {
  readonly id: number;
  readonly text: string;
}

const shownMs = 5_000;
let lastId = 0;

/** Short news at the edge of the page, read out politely. They go by themselves: nothing that must be read stands there. */
export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [messages, setMessages] = useState<readonly Message[]>([]);
  const tell = useCallback((text: string) => {
    lastId += 1;
    const id = lastId;
    setMessages((all) => [...all.slice(-2), { id, text }]);
    setTimeout(() => setMessages((all) => all.filter((each) => each.id !== id)), shownMs);
  }, []);
  return (
    <ToastContext value={tell}>
      {children}
      <div className={styles['viewport']} role="status">
        {messages.map(({ id, text }) => (
          <p key={id} className={styles['toast']}>
            {text}
          </p>
        ))}
      </div>
    </ToastContext>
  );
}

/** Tells that something was done. Failures stay where they happened: see ErrorNote. */
export function useToast(): (message: string) => void {
  return use(ToastContext);
}
