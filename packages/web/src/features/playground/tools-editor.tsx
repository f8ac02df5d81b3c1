import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { TextArea } from '../../ui/field.tsx';
import { exampleTools, type ReadTools } from './read-tools.ts';
import styles from './tools-editor.module.css';
import { texts } from './texts.ts';

/** Functions that the model may ask for, as JSON. */
export function ToolsEditor({
  value,
  read,
  onChange,
}: {
  readonly value: string;
  readonly read: ReadTools;
  readonly onChange: (value: string) => void;
}) {
  const text = useTexts(texts);
  const names = read.kind === 'valid' ? read.tools.map((tool) => tool.function.name) : [];
  const error =
    read.kind === 'invalid' ? `${text.at(read.line, read.column, read.near)} ${text[read.fault]}` : undefined;
  return (
    <details className={styles['tools']}>
      <summary>
        {text.tools}
        {names.length === 0 ? null : <span className={styles['names']}>{names.join(', ')}</span>}
        {error === undefined ? null : <span className={styles['wrong']}>{text.wrong}</span>}
      </summary>
      <div className="form">
        <TextArea
          label={text.toolsLabel}
          hint={text.toolsHint}
          error={error}
          rows={value === '' ? 3 : 14}
          value={value}
          spellCheck={false}
          autoCapitalize="off"
          onChange={({ target }) => onChange(target.value)}
        />
        <div className="row">
          <Button size="small" onClick={() => onChange(exampleTools)}>
            {text.example}
          </Button>
          {value === '' ? null : (
            <Button size="small" kind="quiet" onClick={() => onChange('')}>
              {text.noTools}
            </Button>
          )}
        </div>
      </div>
    </details>
  );
}
