import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { ApiError } from '../../api/api-error.ts';
import { authRequest } from '../../api/auth-request.ts';
import { chooseOrganization } from '../../api/organization-choice.ts';
import { useTexts } from '../../i18n/texts.ts';
import { shellTexts } from '../../shell/shell-texts.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { authTexts } from './auth-texts.ts';
import { useAfterSignIn } from './after-sign-in.ts';
import styles from './auth-frame.module.css';

interface Invitation {
  readonly organizationId: string;
  readonly organizationName: string;
  readonly inviterEmail: string;
  readonly role: string;
}

function SignInFirst({ back }: { readonly back: string }) {
  const { invitation, signIn, signUp } = useTexts(authTexts);
  return (
    <AuthFrame title={invitation.signInFirst} lead={invitation.signInAdvice}>
      <Link to="/sign-in" search={{ return: back }} className={buttonClass('primary')}>
        {signIn.title}
      </Link>
      <Link to="/sign-up" search={{ return: back }} className={buttonClass()}>
        {signUp.title}
      </Link>
    </AuthFrame>
  );
}

/** The offer itself, for who it was sent to. */
function Offer({ id, invitation }: { readonly id: string; readonly invitation: Invitation }) {
  const { invitation: texts } = useTexts(authTexts);
  const { roles } = useTexts(shellTexts);
  const goOn = useAfterSignIn();
  const answer = useMutation({
    mutationFn: (accepts: boolean) =>
      authRequest(accepts ? '/organization/accept-invitation' : '/organization/reject-invitation', {
        invitationId: id,
      }),
    onSuccess: (_, accepts) => {
      if (!accepts) return;
      chooseOrganization(invitation.organizationId);
      goOn();
    },
  });
  const role = Object.entries(roles).find(([name]) => name === invitation.role)?.[1] ?? invitation.role;
  if (answer.isSuccess && !answer.variables) return <AuthFrame title={texts.declined} />;
  return (
    <AuthFrame title={texts.title(invitation.organizationName)} lead={texts.by(invitation.inviterEmail, role)}>
      {answer.error !== null && <ErrorNote error={answer.error} />}
      <div className={styles.form}>
        <Button kind="primary" busy={answer.isPending} onClick={() => answer.mutate(true)}>
          {texts.accept}
        </Button>
        <Button disabled={answer.isPending} onClick={() => answer.mutate(false)}>
          {texts.decline}
        </Button>
      </div>
    </AuthFrame>
  );
}

/** Where the link of an invitation leads. */
export function Page() {
  const { invitation: texts } = useTexts(authTexts);
  const params: Readonly<Record<string, string>> = useParams({ strict: false });
  const id = params['id'] ?? '';
  const navigate = useNavigate();
  const back = `/console/invitation/${encodeURIComponent(id)}`;
  const { data, error } = useQuery({
    queryKey: ['invitation', id],
    retry: false,
    queryFn: ({ signal }) =>
      authRequest<Invitation>(`/organization/get-invitation?id=${encodeURIComponent(id)}`, undefined, signal),
  });
  const leave = useMutation({
    mutationFn: () => authRequest('/sign-out', {}),
    onSuccess: () => navigate({ to: '/sign-in', search: { return: back } }),
  });
  if (data !== undefined) return <Offer id={id} invitation={data} />;
  if (error === null)
    return (
      <AuthFrame title={texts.signInFirst}>
        <Skeleton />
      </AuthFrame>
    );
  if (error instanceof ApiError && error.status === 401) return <SignInFirst back={back} />;
  return (
    <AuthFrame title={texts.failed}>
      <ErrorNote error={error} />
      <Button busy={leave.isPending} onClick={() => leave.mutate()}>
        {texts.other}
      </Button>
    </AuthFrame>
  );
}
