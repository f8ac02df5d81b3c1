import { useQuery } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import type { Turn } from '../../api/road.ts';
import { useSettings } from '../../app/settings.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, PageHeader } from '../../ui/card.tsx';
import { CodeBlock } from '../../ui/copy.tsx';
import { EmptyState, Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote, ErrorState } from '../../ui/error-state.tsx';
import { Checkbox, SelectField, TextArea, TextField } from '../../ui/field.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { codeSamples } from './code-samples.ts';
import styles from './page.module.css';
import { texts } from './texts.ts';
import { requestOf, useConversation, type Conversation, type Settings } from './use-conversation.ts';

type Model = Schema<'OwnModel'>;

function plain(content: Turn['content']): string {
  if (typeof content === 'string') return content;
  return content.map((part) => ('text' in part ? String(part.text) : '[…]')).join('\n');
}

/** What was said, as text: nothing a model writes becomes part of the page. */
function Talk({ model, conversation }: { readonly model: string; readonly conversation: Conversation }) {
  const text = useTexts(texts);
  const { turns, error, isAnswering } = conversation;
  return (
    <Card title={model}>
      <div className={styles['talk']} aria-live="polite" aria-busy={isAnswering}>
        {turns.length === 0 ? <p className={styles['empty']}>{text.empty}</p> : null}
        {turns.map(({ role, content }, index) => (
          <article key={index} className={role === 'user' ? styles['asked'] : styles['answered']}>
            <h3>{role === 'user' ? text.you : model}</h3>
            <p>{plain(content)}</p>
          </article>
        ))}
      </div>
      {error === null ? null : <ErrorNote error={error} />}
    </Card>
  );
}

interface Choice {
  readonly model: string;
  /** Empty: none. */
  readonly other: string;
  readonly system: string;
  readonly temperature: string;
  readonly isJson: boolean;
}

function Controls({
  models,
  choice,
  onChange,
}: {
  readonly models: readonly Model[];
  readonly choice: Choice;
  readonly onChange: (choice: Choice) => void;
}) {
  const text = useTexts(texts);
  const { model, other, system, temperature, isJson } = choice;
  return (
    <>
      <div className="row">
        <SelectField
          label={text.model}
          value={model}
          onChange={({ target }) => onChange({ ...choice, model: target.value })}
        >
          {models.map(({ id }) => (
            <option key={id}>{id}</option>
          ))}
        </SelectField>
        <SelectField
          label={text.compare}
          value={other}
          onChange={({ target }) => onChange({ ...choice, other: target.value })}
        >
          <option value="">{text.nothing}</option>
          {models.map(({ id }) => (
            <option key={id}>{id}</option>
          ))}
        </SelectField>
        <TextField
          label={text.temperature}
          type="number"
          min={0}
          max={2}
          step={0.1}
          value={temperature}
          onChange={({ target }) => onChange({ ...choice, temperature: target.value })}
        />
        <Checkbox
          label={text.json}
          checked={isJson}
          onChange={({ target }) => onChange({ ...choice, isJson: target.checked })}
        />
      </div>
      <TextArea
        label={text.system}
        hint={text.systemHint}
        rows={2}
        value={system}
        onChange={({ target }) => onChange({ ...choice, system: target.value })}
      />
    </>
  );
}

function readPicture(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(typeof reader.result === 'string' ? reader.result : '');
    reader.onerror = () => reject(new Error(file.name));
    reader.readAsDataURL(file);
  });
}

function Playground({ models }: { readonly models: readonly Model[] }) {
  const text = useTexts(texts);
  const { public_url: url } = useSettings();
  const [choice, setChoice] = useState<Choice>({
    ...{ model: models[0]?.id ?? '', other: '', system: '', temperature: '', isJson: false },
  });
  const { model, other, system, temperature, isJson } = choice;
  const first = useConversation();
  const second = useConversation();
  const settings: Settings = {
    system,
    ...(temperature === '' ? {} : { temperature: Number(temperature) }),
    ...(isJson ? { response_format: { type: 'json_object' as const } } : {}),
  };
  const isAnswering = first.isAnswering || second.isAnswering;
  const send = async (form: HTMLFormElement) => {
    const data = new FormData(form);
    const message = data.get('message');
    const picture = data.get('picture');
    if (typeof message !== 'string' || message.trim() === '') return;
    const content =
      picture instanceof File && picture.size > 0
        ? [
            { type: 'text', text: message },
            { type: 'image_url', image_url: { url: await readPicture(picture) } },
          ]
        : message;
    first.send(model, content, settings);
    if (other !== '') second.send(other, content, settings);
    form.reset();
  };
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void send(event.currentTarget);
  };
  const canSee = models.some(({ id, capabilities }) => id === model && capabilities.includes('vision'));
  const samples = codeSamples(
    url,
    requestOf(model, first.turns.length === 0 ? [{ role: 'user', content: 'Hello' }] : first.turns, settings),
  );
  return (
    <>
      <Controls models={models} choice={choice} onChange={setChoice} />
      <div className="columns">
        <Talk model={model} conversation={first} />
        {other === '' ? null : <Talk model={other} conversation={second} />}
      </div>
      <form onSubmit={onSubmit} className="form">
        <TextArea name="message" label={text.message} required rows={3} />
        {canSee ? (
          <TextField name="picture" type="file" accept="image/*" label={text.picture} hint={text.pictureHint} />
        ) : null}
        <div className="row">
          <Button kind="primary" type="submit" isBusy={isAnswering}>
            {text.send}
          </Button>
          {isAnswering ? (
            <Button
              onClick={() => {
                first.stop();
                second.stop();
              }}
            >
              {text.stop}
            </Button>
          ) : null}
          <Button
            onClick={() => {
              first.clear();
              second.clear();
            }}
          >
            {text.fresh}
          </Button>
        </div>
      </form>
      <Card title={text.code}>
        <Tabs
          label={text.code}
          tabs={samples.map(({ id, title, code }) => ({ id, title, content: <CodeBlock code={code} label={title} /> }))}
        />
      </Card>
    </>
  );
}

export function Page() {
  const text = useTexts(texts);
  const models = useQuery({ queryKey: ['models'], queryFn: () => done(api.GET('/account/v1/models')) });
  const chat = models.data?.data.filter(({ capabilities }) => capabilities.includes('chat')) ?? [];
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      {models.error !== null ? <ErrorState error={models.error} onRetry={() => void models.refetch()} /> : null}
      {models.data === undefined ? (
        <Skeleton label={text.loading} />
      ) : chat.length === 0 ? (
        <EmptyState title={text.noneTitle} />
      ) : (
        <Playground models={chat} />
      )}
    </>
  );
}
