import { Checkbox } from '../../ui/field.tsx';
import styles from './choices.module.css';

/** Several of a list. */
export function Choices<Value extends string>({
  label,
  hint,
  all,
  chosen,
  onChange,
}: {
  readonly label: string;
  readonly hint?: string;
  readonly all: readonly Value[];
  readonly chosen: readonly Value[];
  readonly onChange: (chosen: readonly Value[]) => void;
}) {
  return (
    <fieldset className={styles['choices']}>
      <legend>{label}</legend>
      {hint === undefined ? null : <p>{hint}</p>}
      <div>
        {all.map((value) => (
          <Checkbox
            key={value}
            label={value}
            checked={chosen.includes(value)}
            onChange={({ target }) =>
              onChange(target.checked ? [...chosen, value] : chosen.filter((each) => each !== value))
            }
          />
        ))}
      </div>
    </fieldset>
  );
}
