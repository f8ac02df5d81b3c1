import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useAccount } from '../../api/account.ts';
import { ApiError } from '../../api/api-error.ts';
import { authRequest } from '../../api/auth-request.ts';
import { useTexts } from '../../i18n/texts.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { securityTexts } from './security-texts.ts';
import styles from './security.module.css';

/** An error; where the session is too old for what was asked, the way to a new one. */
export function AgainNote({ error }: { readonly error: unknown }) {
  const texts = useTexts(securityTexts);
  const navigate = useNavigate();
  const { user } = useAccount();
  const leave = useMutation({
    mutationFn: () => authRequest('/sign-out', {}),
    onSuccess: () => navigate({ to: '/sign-in', search: { email: user.email, return: '/console/security' } }),
  });
  if (!(error instanceof ApiError) || !['SESSION_NOT_FRESH', 'SESSION_EXPIRED'].includes(error.code))
    return <ErrorNote error={error} />;
  return (
    <div className={styles.again}>
      <p>{texts.fresh}</p>
      <Button busy={leave.isPending} onClick={() => leave.mutate()}>
        {texts.again}
      </Button>
    </div>
  );
}
