import { useState, type SubmitEvent } from 'react';

/** A form's texts, what is being sent, and what went wrong. */
export function useForm<Fields extends Readonly<Record<string, string>>>(
  initial: Fields,
  submit: (fields: Fields) => Promise<void>,
) {
  const [fields, setFields] = useState(initial);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const field = (name: keyof Fields & string) => ({
    name,
    value: fields[name],
    onChange: (event: { readonly target: { readonly value: string } }) =>
      setFields((all) => ({ ...all, [name]: event.target.value })),
  });
  const run = async () => {
    setBusy(true);
    setError(null);
    try {
      await submit(fields);
    } catch (thrown) {
      setError(thrown);
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    void run();
  };
  return { fields, field, error, isBusy, onSubmit };
}
