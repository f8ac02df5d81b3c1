import { useQuery } from '@tanstack/react-query';
import { useMemo, useState, type SubmitEvent } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import type { Content, FunctionTool, Turn } from '../../api/chat-request.ts';
import { useMe } from '../../app/session.ts';
import { useSettings } from '../../app/settings.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, PageHeader } from '../../ui/card.tsx';
import { CodeBlock } from '../../ui/copy.tsx';
import { EmptyState, Skeleton } from '../../ui/empty-state.tsx';
import { ErrorState } from '../../ui/error-state.tsx';
import { Checkbox, SelectField, TextArea, TextField } from '../../ui/field.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import { codeSamples } from './code-samples.ts';
import { readTools, type ReadTools } from './read-tools.ts';
import { Talk } from './talk.tsx';
import { texts } from './texts.ts';
import { ToolsEditor } from './tools-editor.tsx';
import { requestOf, useConversation, type Conversation, type Settings } from './use-conversation.ts';

type Model = Schema<'OwnModel'>;

interface Choice {
  readonly model: string;
  /** Empty: none. */
  readonly other: string;
  readonly system: string;
  readonly temperature: string;
  readonly isJson: boolean;
  /** As it was typed. */
  readonly tools: string;
}

function can(models: readonly Model[], model: string, capability: string): boolean {
  return models.some(({ id, capabilities }) => id === model && capabilities.includes(capability));
}

function Controls({
  models,
  choice,
  read,
  onChange,
}: {
  readonly models: readonly Model[];
  readonly choice: Choice;
  readonly read: ReadTools;
  readonly onChange: (choice: Choice) => void;
}) {
  const text = useTexts(texts);
  const { model, other, system, temperature, isJson, tools } = choice;
  const canCall = can(models, model, 'tools');
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
      {canCall ? (
        <ToolsEditor value={tools} read={read} onChange={(value) => onChange({ ...choice, tools: value })} />
      ) : null}
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

function settingsOf({ system, temperature, isJson }: Choice, tools: readonly FunctionTool[]): Settings {
  return {
    system,
    ...(temperature === '' ? {} : { temperature: Number(temperature) }),
    ...(isJson ? { response_format: { type: 'json_object' as const } } : {}),
    ...(tools.length === 0 ? {} : { tools }),
  };
}

/** What was typed, with its picture; undefined: nothing. */
async function messageOf(form: HTMLFormElement): Promise<Content | undefined> {
  const data = new FormData(form);
  const message = data.get('message');
  const picture = data.get('picture');
  if (typeof message !== 'string' || message.trim() === '') return undefined;
  if (!(picture instanceof File) || picture.size === 0) return message;
  return [
    { type: 'text', text: message },
    { type: 'image_url', image_url: { url: await readPicture(picture) } },
  ];
}

function Composer({
  canSee,
  isBlocked,
  talks,
  onSend,
}: {
  readonly canSee: boolean;
  /** Something has to be set right first. */
  readonly isBlocked: boolean;
  readonly talks: readonly Conversation[];
  readonly onSend: (content: Content) => void;
}) {
  const text = useTexts(texts);
  const isAnswering = talks.some((talk) => talk.isAnswering);
  const isWaiting = talks.some(({ open }) => open.length > 0);
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    void messageOf(form).then((content) => {
      if (content === undefined) return;
      onSend(content);
      form.reset();
    });
  };
  return (
    <form onSubmit={onSubmit} className="form">
      <TextArea
        name="message"
        label={text.message}
        hint={isWaiting ? text.resultsFirst : isBlocked ? text.toolsFirst : undefined}
        required
        rows={3}
      />
      {canSee ? (
        <TextField name="picture" type="file" accept="image/*" label={text.picture} hint={text.pictureHint} />
      ) : null}
      <div className="row">
        <Button kind="primary" type="submit" isBusy={isAnswering} disabled={isWaiting || isBlocked}>
          {text.send}
        </Button>
        {isAnswering ? <Button onClick={() => talks.forEach((talk) => talk.stop())}>{text.stop}</Button> : null}
        <Button onClick={() => talks.forEach((talk) => talk.clear())}>{text.fresh}</Button>
      </div>
    </form>
  );
}

/** What was said up to the last answer: a program asks for that answer. */
function askedOf(turns: readonly Turn[]): readonly Turn[] {
  const asked = turns.at(-1)?.role === 'assistant' ? turns.slice(0, -1) : turns;
  return asked.length === 0 ? [{ role: 'user', content: 'Hello' }] : asked;
}

function Playground({ models }: { readonly models: readonly Model[] }) {
  const text = useTexts(texts);
  const { public_url: url } = useSettings();
  const [choice, setChoice] = useState<Choice>({
    ...{ model: models[0]?.id ?? '', other: '', system: '', temperature: '', isJson: false, tools: '' },
  });
  const { model, other } = choice;
  const first = useConversation();
  const second = useConversation();
  const read = useMemo(() => readTools(choice.tools), [choice.tools]);
  const tools = read.kind === 'valid' && can(models, model, 'tools') ? read.tools : [];
  const settings = settingsOf(choice, tools);
  const samples = codeSamples(url, requestOf(model, askedOf(first.turns), settings));
  return (
    <>
      <Controls models={models} choice={choice} read={read} onChange={setChoice} />
      <div className="columns">
        <Talk model={model} conversation={first} onResults={(results) => first.give(model, results, settings)} />
        {other === '' ? null : (
          <Talk model={other} conversation={second} onResults={(results) => second.give(other, results, settings)} />
        )}
      </div>
      <Composer
        canSee={can(models, model, 'vision')}
        isBlocked={read.kind === 'invalid'}
        talks={other === '' ? [first] : [first, second]}
        onSend={(content) => {
          first.send(model, content, settings);
          if (other !== '') second.send(other, content, settings);
        }}
      />
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
  const { visiting: isVisiting } = useMe();
  const models = useQuery({ queryKey: ['models'], queryFn: () => done(api.GET('/account/v1/models')) });
  const chat = models.data?.data.filter(({ capabilities }) => capabilities.includes('chat')) ?? [];
  return (
    <>
      <PageHeader title={text.title}>{isVisiting ? text.visiting : text.intro}</PageHeader>
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
