import { Link } from '@tanstack/react-router';
import { useTexts } from '../../i18n/texts.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { AuthFrame } from './auth-frame.tsx';
import { authTexts } from './auth-texts.ts';
import { useAfterSignIn, useReturnSearch, useSearchText } from './after-sign-in.ts';

/** Where the mailed link leads. */
export function Page() {
  const { verified, signIn } = useTexts(authTexts);
  const hasFailed = useSearchText('error') !== undefined;
  const returnSearch = useReturnSearch();
  const goOn = useAfterSignIn();
  if (hasFailed)
    return (
      <AuthFrame title={verified.failed} lead={verified.failedAdvice}>
        <Link to="/sign-in" search={returnSearch} className={buttonClass('primary')}>
          {signIn.title}
        </Link>
      </AuthFrame>
    );
  return (
    <AuthFrame title={verified.title} lead={verified.advice}>
      <Button kind="primary" autoFocus onClick={goOn}>
        {verified.action}
      </Button>
    </AuthFrame>
  );
}
