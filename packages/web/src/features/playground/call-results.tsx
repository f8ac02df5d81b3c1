import type { SubmitEvent } from 'react';
import type { ToolCall } from '../../api/answer-sum.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { TextArea } from '../../ui/field.tsx';
import { texts } from './texts.ts';

/** Takes the results of what a model wants called: the person is the program here. */
export function CallResults({
  calls,
  onGive,
}: {
  readonly calls: readonly ToolCall[];
  readonly onGive: (results: readonly string[]) => void;
}) {
  const text = useTexts(texts);
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    onGive(
      calls.map((_call, place) => {
        const result = data.get(`result-${String(place)}`);
        return typeof result === 'string' ? result : '';
      }),
    );
  };
  return (
    <form onSubmit={onSubmit} className="form">
      {calls.map(({ id, function: { name } }, place) => (
        <TextArea
          key={id}
          name={`result-${String(place)}`}
          label={text.resultOf(name)}
          hint={text.resultHint}
          rows={3}
          required
          spellCheck={false}
        />
      ))}
      <div className="row">
        <Button kind="primary" type="submit">
          {text.give}
        </Button>
      </div>
    </form>
  );
}
