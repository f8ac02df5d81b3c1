import { auth } from '../../api/client.ts';
import { useMe } from '../../app/session.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Card } from '../../ui/card.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { TextField } from '../../ui/field.tsx';
import { useToast } from '../../ui/toast.tsx';
import { useForm } from '../account/use-form.ts';
import { texts } from './texts.ts';

export function ChangePassword() {
  const text = useTexts(texts);
  const tell = useToast();
  const form = useForm({ current: '', fresh: '' }, async ({ current, fresh }) => {
    await auth('/change-password', { currentPassword: current, newPassword: fresh, revokeOtherSessions: true });
    tell(text.changed);
  });
  return (
    <Card title={text.password}>
      <form onSubmit={form.onSubmit} className="form">
        <TextField
          label={text.current}
          type="password"
          required
          autoComplete="current-password"
          {...form.field('current')}
        />
        <TextField
          label={text.fresh}
          hint={text.freshHint}
          type="password"
          required
          minLength={10}
          maxLength={200}
          autoComplete="new-password"
          {...form.field('fresh')}
        />
        {form.error === null ? null : <ErrorNote error={form.error} />}
        <Button type="submit" isBusy={form.isBusy}>
          {text.change}
        </Button>
      </form>
    </Card>
  );
}

export function ChangeEmail() {
  const text = useTexts(texts);
  const tell = useToast();
  const { user } = useMe();
  const form = useForm({ email: user.email }, async ({ email }) => {
    await auth('/change-email', { newEmail: email, callbackURL: '/console/security' });
    tell(text.emailSent);
  });
  return (
    <Card title={text.email}>
      <form onSubmit={form.onSubmit} className="form">
        <TextField
          label={text.email}
          hint={text.emailHint}
          type="email"
          required
          autoComplete="email"
          {...form.field('email')}
        />
        {form.error === null ? null : <ErrorNote error={form.error} />}
        <Button type="submit" isBusy={form.isBusy}>
          {text.change}
        </Button>
      </form>
    </Card>
  );
}
