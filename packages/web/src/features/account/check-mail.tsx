import { useMutation } from '@tanstack/react-query';
import { auth } from '../../api/client.ts';
import { useTexts } from '../../i18n/language.tsx';
import { Button } from '../../ui/button.tsx';
import { ErrorNote } from '../../ui/error-state.tsx';
import { Frame } from './frame.tsx';
import { texts } from './texts.ts';
import { withReturn } from './way-back.ts';

/** The link is in the mail; what to do when it is not. */
export function CheckMail({
  email,
  wanted,
  onBack,
}: {
  readonly email: string;
  /** Where one wanted to go. */
  readonly wanted: string | undefined;
  readonly onBack: () => void;
}) {
  const text = useTexts(texts);
  const again = useMutation({
    mutationFn: () => auth('/send-verification-email', { email, callbackURL: withReturn('/console/verified', wanted) }),
  });
  return (
    <Frame title={text.checkMail}>
      <p role="status">{text.verifySent(email)}</p>
      <p>{again.isSuccess ? text.sentAgain : text.nothingThere}</p>
      {again.error === null ? null : <ErrorNote error={again.error} />}
      <Button isBusy={again.isPending} onClick={() => again.mutate()}>
        {text.again}
      </Button>
      <Button kind="quiet" onClick={onBack}>
        {text.otherAddress}
      </Button>
    </Frame>
  );
}
