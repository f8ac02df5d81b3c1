import { Link } from '@tanstack/react-router';
import { Check } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMay } from '../../api/account.ts';
import { useConsoleConfig } from '../../api/console-config.ts';
import { useTexts } from '../../i18n/texts.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CodeBlock } from '../../ui/code-block.tsx';
import { curlOf, modelToTry } from '../keys/first-call.ts';
import { homeTexts } from './home-texts.ts';
import styles from './first-steps.module.css';

function Step({
  number,
  title,
  isDone,
  children,
}: {
  readonly number: number;
  readonly title: string;
  readonly isDone: boolean;
  readonly children: ReactNode;
}) {
  return (
    <li className={styles.step} data-done={isDone || undefined}>
      <span className={styles.plate} aria-hidden="true">
        {isDone ? <Check /> : number}
      </span>
      <div className={styles.words}>
        <h3>{title}</h3>
        {children}
      </div>
    </li>
  );
}

/** From nothing to the first answer. */
export function FirstSteps({ hasKey }: { readonly hasKey: boolean }) {
  const { first } = useTexts(homeTexts);
  const config = useConsoleConfig();
  const mayCreate = useMay()('keys:write');
  return (
    <Card title={first.title} description={first.description}>
      <ol className={styles.steps}>
        <Step number={1} title={first.key.title} isDone={hasKey}>
          <p>{hasKey ? first.key.done : first.key.advice}</p>
          {!hasKey && mayCreate && (
            <Link to="/keys" search={{ create: '1' }} className={buttonClass('primary')}>
              {first.key.action}
            </Link>
          )}
        </Step>
        <Step number={2} title={first.call.title} isDone={false}>
          <p>{first.call.advice}</p>
          <CodeBlock label={first.call.label} code={curlOf(config, 'YOUR_KEY', modelToTry(config, null))} />
          <a href={config.links.quickstart}>{first.call.quickstart}</a>
        </Step>
        <Step number={3} title={first.see.title} isDone={false}>
          <p>{first.see.advice}</p>
          {hasKey && (
            <p className={styles.waiting} role="status">
              {first.call.waiting}
            </p>
          )}
        </Step>
      </ol>
    </Card>
  );
}
