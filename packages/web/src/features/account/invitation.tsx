import { useMutation, useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { api, chooseOrganization, done } from '../../api/client.ts';
import { Problem } from '../../api/problem.ts';
import { roleDuties, roleNames } from '../../app/roles.ts';
import { signOut } from '../../app/session.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Frame } from './frame.tsx';
import { texts } from './texts.ts';
import { withReturn } from './way-back.ts';

export function AcceptInvitation() {
  const text = useTexts(texts);
  const names = useTexts(roleNames);
  const duties = useTexts(roleDuties);
  const { id = '' }: { readonly id?: string } = useParams({ strict: false });
  const path = { params: { path: { id } } };
  const invitation = useQuery({
    queryKey: ['invitation', id],
    queryFn: () => done(api.GET('/account/v1/invitations/{id}', path)),
    retry: false,
  });
  const join = useMutation({
    mutationFn: () => done(api.POST('/account/v1/invitations/{id}/accept', path)),
    onSuccess: ({ organization }) => {
      chooseOrganization(organization);
      window.location.assign('/console/');
    },
  });
  const isStranger = invitation.error instanceof Problem && invitation.error.status === 401;
  const back = `/console/invitation/${id}`;
  return (
    <Frame title={text.invitation}>
      {isStranger ? (
        <>
          <p>{text.inviteBody}</p>
          <a href={withReturn('/console/sign-in', back)}>{text.signIn}</a>
          <a href={withReturn('/console/sign-up', back)}>{text.noAccount}</a>
        </>
      ) : null}
      {invitation.error !== null && !isStranger ? <ErrorNote error={invitation.error} /> : null}
      {invitation.data === undefined ? null : (
        <>
          <p>
            {text.invitedTo(invitation.data.organization_name, names[invitation.data.role], invitation.data.invited_by)}
          </p>
          <p>{duties[invitation.data.role]}</p>
          {join.error === null ? null : <ErrorNote error={join.error} />}
          <Button kind="primary" isBusy={join.isPending} onClick={() => join.mutate()}>
            {text.accept}
          </Button>
        </>
      )}
    </Frame>
  );
}

export function NoOrganization() {
  const text = useTexts(texts);
  return (
    <Frame title={text.noOrganization}>
      <p>{text.noOrganizationBody}</p>
      <Button onClick={() => void signOut(false)}>{text.signOut}</Button>
    </Frame>
  );
}
