import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { fieldError } from '../../api/api-error.ts';
import { useConsoleConfig } from '../../api/console-config.ts';
import { commonTexts } from '../../i18n/common-texts.ts';
import { useFormats } from '../../i18n/formats.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { CheckboxField, FieldGroup, SelectField, TextField } from '../../ui/field.tsx';
import { emptyKeyForm, keyRequestOf, toggled, type KeyForm } from './create-key-form.ts';
import { createKey, keysKey, scopes, type CreatedKey } from './keys.ts';
import { keysTexts } from './keys-texts.ts';
import styles from './keys.module.css';

interface PartProps {
  readonly form: KeyForm;
  readonly change: (part: Partial<KeyForm>) => void;
}

function ModeChoice({ form, change }: PartProps) {
  const { form: texts } = useTexts(keysTexts);
  const name = useId();
  const choices = [
    { value: 'live', label: texts.live, hint: texts.liveHint },
    { value: 'test', label: texts.test, hint: texts.testHint },
  ] as const;
  return (
    <FieldGroup legend={texts.mode}>
      {choices.map(({ value, label, hint }) => (
        <CheckboxField
          key={value}
          type="radio"
          name={name}
          label={label}
          hint={hint}
          checked={form.mode === value}
          onChange={() => change({ mode: value })}
        />
      ))}
    </FieldGroup>
  );
}

function ScopeChoice({ form, change }: PartProps) {
  const { form: texts } = useTexts(keysTexts);
  return (
    <FieldGroup legend={texts.scopes} {...(form.scopes.length === 0 ? { hint: texts.noScope } : {})}>
      {scopes.map((scope) => (
        <CheckboxField
          key={scope}
          label={texts.scope[scope]}
          checked={form.scopes.includes(scope)}
          onChange={({ target }) => change({ scopes: toggled(form.scopes, scope, target.checked) })}
        />
      ))}
    </FieldGroup>
  );
}

function ModelChoice({ form, change }: PartProps) {
  const { form: texts } = useTexts(keysTexts);
  const { models } = useConsoleConfig();
  const name = useId();
  const chosen = form.models;
  return (
    <FieldGroup legend={texts.models} {...(chosen?.length === 0 ? { hint: texts.noModel } : {})}>
      <CheckboxField
        type="radio"
        name={name}
        label={texts.anyModel}
        checked={chosen === null}
        onChange={() => change({ models: null })}
      />
      <CheckboxField
        type="radio"
        name={name}
        label={texts.theseModels}
        checked={chosen !== null}
        onChange={() => change({ models: [] })}
      />
      {chosen !== null && (
        <div className={styles.models}>
          {models.map(({ id }) => (
            <CheckboxField
              key={id}
              label={<code>{id}</code>}
              checked={chosen.includes(id)}
              onChange={({ target }) => change({ models: toggled(chosen, id, target.checked) })}
            />
          ))}
        </div>
      )}
    </FieldGroup>
  );
}

function ExpiryChoice({ form, change }: PartProps) {
  const { form: texts } = useTexts(keysTexts);
  const formats = useFormats();
  return (
    <SelectField
      label={texts.expires}
      value={form.expiresInDays ?? ''}
      onChange={({ target }) => change({ expiresInDays: target.value === '' ? null : Number(target.value) })}
    >
      <option value="">{texts.never}</option>
      {[7, 30, 90].map((days) => (
        <option key={days} value={days}>
          {texts.days(formats.number(days))}
        </option>
      ))}
      <option value={365}>{texts.year}</option>
    </SelectField>
  );
}

/** Makes a key and hands its secret over. */
export function CreateKeyDialog({
  open,
  onOpenChange,
  onCreated,
}: {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly onCreated: (key: CreatedKey) => void;
}) {
  const { form: texts } = useTexts(keysTexts);
  const common = useTexts(commonTexts);
  const formId = useId();
  const queryClient = useQueryClient();
  const [form, setForm] = useState(emptyKeyForm);
  const change = (part: Partial<KeyForm>) => setForm((before) => ({ ...before, ...part }));
  const create = useMutation({
    mutationFn: () => createKey(keyRequestOf(form, Date.now())),
    onSuccess: async (key) => {
      changeOpen(false);
      onCreated(key);
      await queryClient.invalidateQueries({ queryKey: keysKey });
    },
  });
  function changeOpen(next: boolean) {
    if (!next) {
      setForm(emptyKeyForm);
      create.reset();
    }
    onOpenChange(next);
  }
  const isReady = form.scopes.length > 0 && form.models?.length !== 0;
  const nameError = fieldError(create.error, 'name');
  return (
    <Dialog
      open={open}
      onOpenChange={changeOpen}
      title={texts.title}
      footer={
        <>
          <Button onClick={() => changeOpen(false)}>{common.cancel}</Button>
          <Button kind="primary" type="submit" form={formId} busy={create.isPending} disabled={!isReady}>
            {texts.submit}
          </Button>
        </>
      }
    >
      <form
        id={formId}
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (!create.isPending) create.mutate();
        }}
      >
        <TextField
          label={texts.name}
          hint={texts.nameHint}
          error={nameError}
          required
          maxLength={200}
          autoFocus
          value={form.name}
          onChange={({ target }) => change({ name: target.value })}
        />
        <ModeChoice form={form} change={change} />
        <details className={styles.more}>
          <summary>{texts.more}</summary>
          <div className={styles.form}>
            <ExpiryChoice form={form} change={change} />
            <ScopeChoice form={form} change={change} />
            <ModelChoice form={form} change={change} />
          </div>
        </details>
        {create.error !== null && nameError === undefined && <ErrorNote error={create.error} />}
      </form>
    </Dialog>
  );
}
