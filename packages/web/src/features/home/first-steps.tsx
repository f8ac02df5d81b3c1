import { Link } from '@tanstack/react-router';
import { Check } from 'lucide-react';
import type { ReactNode } from 'react';
import { useSettings } from '../../app/settings.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Card } from '../../ui/card.tsx';
import { CodeBlock } from '../../ui/copy.tsx';
import { curlOf } from '../keys/first-call.ts';
import { texts } from './texts.ts';
import styles from './first-steps.module.css';

function Step({
  number,
  title,
  isDone = false,
  children,
}: {
  readonly number: number;
  readonly title: string;
  readonly isDone?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <li className={styles['step']}>
      <span className={styles['plate']} aria-hidden="true">
        {isDone ? <Check /> : number}
      </span>
      <div className={styles['words']}>
        <h3>{title}</h3>
        {children}
      </div>
    </li>
  );
}

/** From nothing to the first answer. */
export function FirstSteps({ hasKey }: { readonly hasKey: boolean }) {
  const text = useTexts(texts);
  const settings = useSettings();
  return (
    <Card title={text.firstTitle}>
      <p className={styles['lead']}>{text.first}</p>
      <ol className={styles['steps']}>
        <Step number={1} title={text.createKey} isDone={hasKey}>
          <p>{hasKey ? text.hasKey : text.createKeyBody}</p>
          {hasKey ? null : <Link to="/keys">{text.createKey}</Link>}
        </Step>
        <Step number={2} title={text.ask}>
          <p>{text.askBody}</p>
          <CodeBlock code={curlOf(settings, 'YOUR_KEY')} label={text.terminal} />
          <a href={settings.links.quickstart}>{text.quickstart}</a>
        </Step>
        <Step number={3} title={text.see}>
          <p>{text.seeBody}</p>
          {hasKey ? (
            <p className={styles['waiting']} role="status">
              {text.waiting}
            </p>
          ) : null}
        </Step>
      </ol>
    </Card>
  );
}
