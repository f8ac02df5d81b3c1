import { useMutation, useQuery } from '@tanstack/react-query';
import type { SubmitEvent } from 'react';
import { api, chooseOrganization, done, type Schema } from '../../api/client.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Dialog, DialogActions } from '../../ui/dialog.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { useToast } from '../../ui/toast.tsx';
import { texts } from './texts.ts';

export type Deed = 'plan' | 'suspend' | 'credit' | 'visit';

function value(form: FormData, name: string): string {
  const entry = form.get(name);
  return typeof entry === 'string' ? entry.trim() : '';
}

/** Carries the deed out. @returns true where the page is left for the tenant's own console */
async function carryOut(deed: Deed, tenant: Schema<'Tenant'>, form: FormData): Promise<boolean> {
  const params = { path: { id: tenant.id } };
  switch (deed) {
    case 'plan':
      await done(api.PATCH('/admin/v1/tenants/{id}', { params, body: { plan: value(form, 'plan') } }));
      return false;
    case 'suspend':
      await done(api.PATCH('/admin/v1/tenants/{id}', { params, body: { suspended: !tenant.suspended } }));
      return false;
    case 'credit': {
      const body = { amount: Number(value(form, 'amount')), reason: value(form, 'reason') };
      await done(api.POST('/admin/v1/tenants/{id}/credit', { params, body }));
      return false;
    }
    case 'visit':
      await done(api.POST('/admin/v1/tenants/{id}/visit', { params, body: { reason: value(form, 'reason') } }));
      return true;
  }
}

function Fields({ deed, tenant }: { readonly deed: Deed; readonly tenant: Schema<'Tenant'> }) {
  const text = useTexts(texts);
  const plans = useQuery({ queryKey: ['staff', 'plans'], queryFn: () => done(api.GET('/admin/v1/plans')) });
  if (deed === 'plan')
    return (
      <SelectField key={plans.data?.data.length ?? 0} name="plan" label={text.plan} defaultValue={tenant.plan}>
        {(plans.data?.data ?? []).map(({ name, title }) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </SelectField>
    );
  if (deed === 'suspend') return <p>{text.suspendBody}</p>;
  return (
    <>
      <p>{deed === 'credit' ? text.creditBody : text.visitBody}</p>
      {deed === 'credit' ? <TextField name="amount" type="number" min={1} label={text.tokens} required /> : null}
      <TextField name="reason" label={text.reason} hint={text.reasonHint} required minLength={3} maxLength={200} />
    </>
  );
}

export function TenantDialog({
  deed,
  tenant,
  onClose,
  onChanged,
}: {
  readonly deed: Deed;
  readonly tenant: Schema<'Tenant'>;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}) {
  const text = useTexts(texts);
  const tell = useToast();
  const run = useMutation({
    mutationFn: (form: FormData) => carryOut(deed, tenant, form),
    onSuccess: (leaves) => {
      tell(text.done);
      onChanged();
      onClose();
      if (!leaves) return;
      chooseOrganization(tenant.id);
      window.location.assign('/console/');
    },
  });
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    run.mutate(new FormData(event.currentTarget));
  };
  return (
    <Dialog isOpen onClose={onClose} title={tenant.name}>
      <form onSubmit={onSubmit} className="form">
        <Fields deed={deed} tenant={tenant} />
        {run.error === null ? null : <ErrorNote error={run.error} />}
        <DialogActions>
          <Button kind="primary" type="submit" isBusy={run.isPending}>
            {text.save}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
