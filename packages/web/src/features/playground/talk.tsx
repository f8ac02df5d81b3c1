import { lazy, Suspense } from 'react';
import type { ToolCall } from '../../api/answer-sum.ts';
import type { Content, Turn } from '../../api/chat-request.ts';
import { useFormats } from '../../i18n/format.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { CallResults } from './call-results.tsx';
import styles from './talk.module.css';
import { texts } from './texts.ts';
import type { Conversation, Measure, Said } from './use-conversation.ts';

const Markdown = lazy(() => import('../../ui/markdown.tsx').then(({ Markdown: loaded }) => ({ default: loaded })));

function plain(content: Content | null): string {
  if (content === null || typeof content === 'string') return content ?? '';
  return content.map((part) => ('text' in part ? String(part.text) : '[…]')).join('\n');
}

/** JSON that a model wrote, set out; what is none, as it came. */
function setOut(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

function Calls({ calls }: { readonly calls: readonly ToolCall[] }) {
  const text = useTexts(texts);
  return calls.map(({ id, function: { name, arguments: given } }) => (
    <div key={id} className={styles['call']}>
      <p>
        {text.wants} <code>{name}</code>
      </p>
      <pre tabIndex={0} aria-label={text.argumentsOf(name)}>
        <code>{setOut(given)}</code>
      </pre>
    </div>
  ));
}

/** What an answer took, as far as the stream told. */
function Took({ measure: { usage, firstMs, tookMs } }: { readonly measure: Measure }) {
  const text = useTexts(texts);
  const formats = useFormats();
  const parts = [
    usage === null
      ? text.noUsage
      : text.usage(formats.count(usage.prompt_tokens), formats.count(usage.completion_tokens)),
    firstMs === null ? undefined : text.first(formats.milliseconds(firstMs)),
    text.took(formats.milliseconds(tookMs)),
  ];
  return <p className={styles['took']}>{parts.filter((part) => part !== undefined).join(' · ')}</p>;
}

/** Set out as soon as that can be done; until then as it came. */
function Answer({ words }: { readonly words: string }) {
  return (
    <Suspense fallback={<p>{words}</p>}>
      <Markdown text={words} />
    </Suspense>
  );
}

function SaidItem({ model, said: { turn, measure } }: { readonly model: string; readonly said: Said }) {
  const text = useTexts(texts);
  const who: Readonly<Record<Turn['role'], string>> = {
    system: text.system,
    user: text.you,
    assistant: model,
    tool: text.result,
  };
  const words = plain(turn.content);
  return (
    <article className={turn.role === 'assistant' ? styles['answered'] : styles['asked']}>
      <h3>{who[turn.role]}</h3>
      {words === '' ? null : turn.role === 'assistant' ? <Answer words={words} /> : <p>{words}</p>}
      {turn.role === 'assistant' ? <Calls calls={turn.tool_calls ?? []} /> : null}
      {measure === undefined ? null : <Took measure={measure} />}
    </article>
  );
}

/** What was said. Of what a model writes nothing becomes part of the page but its words, set out. */
export function Talk({
  model,
  conversation,
  onResults,
}: {
  readonly model: string;
  readonly conversation: Conversation;
  readonly onResults: (results: readonly string[]) => void;
}) {
  const text = useTexts(texts);
  const { said, open, error, isAnswering } = conversation;
  return (
    <Card title={model}>
      <div className={styles['talk']} aria-live="polite" aria-busy={isAnswering}>
        {said.length === 0 ? <p className={styles['empty']}>{text.empty}</p> : null}
        {said.map((each, index) => (
          <SaidItem key={index} model={model} said={each} />
        ))}
      </div>
      {open.length === 0 ? null : <CallResults calls={open} onGive={onResults} />}
      {error === null ? null : <ErrorNote error={error} />}
    </Card>
  );
}
