import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import { api, done, type Schema } from '../../api/client.ts';
import { useOptimistic } from '../../api/optimistic.ts';
import { roleDuties, roleNames, roles, type Role } from '../../app/roles.ts';
import { useMay, useMe } from '../../app/session.ts';
import { useFormats } from '../../i18n/format.ts';
import { defineTexts, useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { Card, PageHeader } from '../../ui/card.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { Skeleton } from '../../ui/empty-state.tsx';
import { ErrorNote, ErrorState } from '../../ui/error-state.tsx';
import { SelectField, TextField } from '../../ui/field.tsx';
import { Table, type Column } from '../../ui/table.tsx';
import { useToast } from '../../ui/toast.tsx';

const texts = defineTexts(
  {
    title: 'Members',
    intro: 'Who belongs to the organisation and what they may do. Nobody gives more than they have.',
    loading: 'Loading members',
    name: 'Name',
    email: 'Email address',
    role: 'Role',
    joined: 'Joined',
    actions: 'Actions',
    you: '(you)',
    remove: 'Remove',
    leave: 'Leave',
    removeTitle: (name: string) => `Remove ${name}?`,
    removeBody: 'Access ends at once. Keys they made go on working: revoke those that should not.',
    invite: 'Invite',
    inviteTitle: 'Invite somebody',
    invited: (email: string) => `An invitation is on its way to ${email}.`,
    open: 'Open invitations',
    none: 'None.',
    until: 'Good until',
    withdraw: 'Withdraw',
    changed: 'The role is changed.',
    roleOf: (name: string) => `Role of ${name}`,
  },
  {
    title: 'Mitglieder',
    intro: 'Wer zur Organisation gehört und was er darf. Niemand gibt mehr, als er hat.',
    loading: 'Mitglieder werden geladen',
    name: 'Name',
    email: 'E-Mail-Adresse',
    role: 'Rolle',
    joined: 'Dabei seit',
    actions: 'Aktionen',
    you: '(Sie)',
    remove: 'Entfernen',
    leave: 'Verlassen',
    removeTitle: (name: string) => `${name} entfernen?`,
    removeBody: 'Der Zugang endet sofort. Angelegte Schlüssel gelten weiter: sperren Sie, was nicht gelten soll.',
    invite: 'Einladen',
    inviteTitle: 'Jemanden einladen',
    invited: (email: string) => `Eine Einladung ist unterwegs an ${email}.`,
    open: 'Offene Einladungen',
    none: 'Keine.',
    until: 'Gilt bis',
    withdraw: 'Zurückziehen',
    changed: 'Die Rolle ist geändert.',
    roleOf: (name: string) => `Rolle von ${name}`,
  },
);

type Member = Schema<'Member'>;

function RoleSelect({ member }: { readonly member: Member }) {
  const text = useTexts(texts);
  const names = useTexts(roleNames);
  const tell = useToast();
  const change = useOptimistic<{ readonly data: readonly Member[] }, Role>({
    queryKey: ['members'],
    mutationFn: (role) =>
      done(api.PATCH('/account/v1/members/{id}', { params: { path: { id: member.id } }, body: { role } })),
    change: (members, role) => ({
      ...members,
      data: members.data.map((each) => (each.id === member.id ? { ...each, role } : each)),
    }),
    onSuccess: () => tell(text.changed),
  });
  return (
    <>
      <select
        aria-label={text.roleOf(member.name)}
        value={member.role}
        onChange={({ target }) => change.mutate(target.value as Role)}
      >
        {roles.map((role) => (
          <option key={role} value={role}>
            {names[role]}
          </option>
        ))}
      </select>
      {change.error === null ? null : <ErrorNote error={change.error} />}
    </>
  );
}

function Invite() {
  const text = useTexts(texts);
  const names = useTexts(roleNames);
  const duties = useTexts(roleDuties);
  const [chosen, setChosen] = useState<Role>('developer');
  const tell = useToast();
  const queries = useQueryClient();
  const invite = useMutation({
    mutationFn: (body: Schema<'InviteRequest'>) => done(api.POST('/account/v1/invitations', { body })),
    onSuccess: ({ email }) => {
      tell(text.invited(email));
      return queries.invalidateQueries({ queryKey: ['invitations'] });
    },
  });
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const email = form.get('email');
    const { currentTarget: entered } = event;
    if (typeof email === 'string') invite.mutate({ email, role: chosen }, { onSuccess: () => entered.reset() });
  };
  return (
    <Card title={text.inviteTitle}>
      <form onSubmit={onSubmit} className="row">
        <TextField name="email" type="email" label={text.email} required maxLength={254} />
        <SelectField
          name="role"
          label={text.role}
          hint={duties[chosen]}
          value={chosen}
          onChange={({ target }) => setChosen(target.value as Role)}
        >
          {roles.map((role) => (
            <option key={role} value={role}>
              {names[role]}
            </option>
          ))}
        </SelectField>
        <Button kind="primary" type="submit" isBusy={invite.isPending}>
          {text.invite}
        </Button>
      </form>
      {invite.error === null ? null : <ErrorNote error={invite.error} />}
    </Card>
  );
}

function Invitations() {
  const text = useTexts(texts);
  const names = useTexts(roleNames);
  const formats = useFormats();
  const may = useMay();
  const open = useQuery({ queryKey: ['invitations'], queryFn: () => done(api.GET('/account/v1/invitations')) });
  const withdraw = useOptimistic<{ readonly data: readonly Schema<'Invitation'>[] }, string>({
    queryKey: ['invitations'],
    mutationFn: (id) => done(api.DELETE('/account/v1/invitations/{id}', { params: { path: { id } } })),
    change: (invitations, id) => ({ ...invitations, data: invitations.data.filter((each) => each.id !== id) }),
  });
  const columns: Column<Schema<'Invitation'>>[] = [
    { id: 'email', title: text.email, cell: ({ email }) => email },
    { id: 'role', title: text.role, cell: ({ role }) => names[role] },
    { id: 'until', title: text.until, cell: ({ expires_at: until }) => formats.date(until) },
    {
      ...{ id: 'withdraw', title: text.actions, isAction: true },
      cell: ({ id }) =>
        may('members:write') ? (
          <Button size="small" onClick={() => withdraw.mutate(id)}>
            {text.withdraw}
          </Button>
        ) : null,
    },
  ];
  const rows = open.data?.data ?? [];
  return (
    <Card title={text.open}>
      {open.error !== null ? <ErrorNote error={open.error} /> : null}
      {withdraw.error !== null ? <ErrorNote error={withdraw.error} /> : null}
      {rows.length === 0 ? (
        <p>{text.none}</p>
      ) : (
        <Table caption={text.open} columns={columns} rows={rows} rowId={({ id }) => id} />
      )}
    </Card>
  );
}

export function Page() {
  const text = useTexts(texts);
  const names = useTexts(roleNames);
  const formats = useFormats();
  const may = useMay();
  const me = useMe();
  const queries = useQueryClient();
  const [leaving, setLeaving] = useState<Member | null>(null);
  const members = useQuery({ queryKey: ['members'], queryFn: () => done(api.GET('/account/v1/members')) });
  const columns: Column<Member>[] = [
    { id: 'name', title: text.name, cell: ({ name, is_you: isYou }) => (isYou ? `${name} ${text.you}` : name) },
    { id: 'email', title: text.email, cell: ({ email }) => email },
    {
      id: 'role',
      title: text.role,
      cell: (member) => (may('members:write') ? <RoleSelect member={member} /> : names[member.role]),
    },
    { id: 'joined', title: text.joined, cell: ({ joined_at: joined }) => formats.date(joined) },
    {
      ...{ id: 'remove', title: text.actions, isAction: true },
      cell: (member) =>
        member.is_you || may('members:write') ? (
          <Button size="small" kind="danger" onClick={() => setLeaving(member)}>
            {member.is_you ? text.leave : text.remove}
          </Button>
        ) : null,
    },
  ];
  const remove = async (member: Member) => {
    await done(api.DELETE('/account/v1/members/{id}', { params: { path: { id: member.id } } }));
    if (member.user_id === me.user.id) window.location.assign('/console/');
    await queries.invalidateQueries({ queryKey: ['members'] });
  };
  return (
    <>
      <PageHeader title={text.title}>{text.intro}</PageHeader>
      {members.error !== null ? <ErrorState error={members.error} onRetry={() => void members.refetch()} /> : null}
      {members.data === undefined ? (
        <Skeleton label={text.loading} />
      ) : (
        <Table caption={text.title} columns={columns} rows={members.data.data} rowId={({ id }) => id} />
      )}
      {may('members:write') ? <Invite /> : null}
      <Invitations />
      <ConfirmDialog
        isOpen={leaving !== null}
        onClose={() => setLeaving(null)}
        title={text.removeTitle(leaving?.name ?? '')}
        confirm={leaving?.is_you === true ? text.leave : text.remove}
        onConfirm={() => (leaving === null ? Promise.resolve() : remove(leaving))}
      >
        <p>{text.removeBody}</p>
      </ConfirmDialog>
    </>
  );
}
