import { useQuery } from '@tanstack/react-query';
import qrcode from 'qrcode-generator';
import { useState } from 'react';
import { auth } from '../../api/client.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { CodeBlock } from '../../ui/copy.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { useForm } from '../account/use-form.ts';
import { texts } from './texts.ts';

interface Enrolment {
  readonly totpURI: string;
  readonly backupCodes: readonly string[];
}

/** A code to scan, drawn as a picture of its own: nothing is asked of anybody else. */
function Scan({ uri, label }: { readonly uri: string; readonly label: string }) {
  const code = qrcode(0, 'M');
  code.addData(uri);
  code.make();
  return <img src={code.createDataURL(5, 4)} alt={label} width={220} height={220} />;
}

function Enrol({ enrolment, onDone }: { readonly enrolment: Enrolment; readonly onDone: () => void }) {
  const text = useTexts(texts);
  const form = useForm({ code: '' }, async ({ code }) => {
    await auth('/two-factor/verify-totp', { code: code.replaceAll(/\s/g, '') });
    onDone();
  });
  const secret = new URL(enrolment.totpURI).searchParams.get('secret') ?? '';
  return (
    <form onSubmit={form.onSubmit} className="form">
      <p>{text.scan}</p>
      <Scan uri={enrolment.totpURI} label={text.scan} />
      <p>{text.secret}</p>
      <CodeBlock code={secret} label={text.secret} />
      <p>{text.backup}</p>
      <CodeBlock code={enrolment.backupCodes.join('\n')} label={text.backup} />
      <TextField label={text.code} required autoComplete="one-time-code" inputMode="numeric" {...form.field('code')} />
      {form.error === null ? null : <ErrorNote error={form.error} />}
      <Button kind="primary" type="submit" isBusy={form.isBusy}>
        {text.confirm}
      </Button>
    </form>
  );
}

/** Codes from an authenticator app (RFC 6238). */
export function TwoFactor() {
  const text = useTexts(texts);
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null);
  const session = useQuery({
    queryKey: ['session'],
    queryFn: () => auth<{ user: { twoFactorEnabled?: boolean | null } } | null>('/get-session'),
  });
  const isOn = session.data?.user.twoFactorEnabled === true;
  const form = useForm({ password: '' }, async ({ password }) => {
    if (isOn) await auth('/two-factor/disable', { password });
    else setEnrolment(await auth<Enrolment>('/two-factor/enable', { password }));
    await session.refetch();
  });
  return (
    <Card title={text.factor}>
      {session.data === undefined ? <Skeleton label={text.loading} /> : null}
      {enrolment !== null && !isOn ? (
        <Enrol
          enrolment={enrolment}
          onDone={() => {
            setEnrolment(null);
            void session.refetch();
          }}
        />
      ) : (
        <form onSubmit={form.onSubmit} className="form">
          <p>{isOn ? text.factorOn : text.factorOff}</p>
          <TextField
            label={text.current}
            type="password"
            required
            autoComplete="current-password"
            {...form.field('password')}
          />
          {form.error === null ? null : <ErrorNote error={form.error} />}
          <Button type="submit" isBusy={form.isBusy} kind={isOn ? 'danger' : 'plain'}>
            {isOn ? text.turnOff : text.turnOn}
          </Button>
        </form>
      )}
    </Card>
  );
}
