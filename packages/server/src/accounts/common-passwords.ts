/** Passwords that are tried first: the heads of public lists, and what people make of the brand and the keyboard. */
const common = new Set(
  `1234567890 12345678910 123456789012 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc qwertyuiop qwerty12345 qwerty123456
  qwertzuiop qwertz12345 asdfghjkl1 asdfghjklo zxcvbnm123 password12 password123 password1234 password12345 passwort12
  passwort123 passwort1234 passw0rd123 p@ssw0rd123 p@ssword123 letmein1234 letmein123 welcome1234 welcome123 willkommen1
  willkommen123 iloveyou123 iloveyou12 ichliebedich changeme123 changeme1234 admin12345 administrator admin123456
  adminadmin rootrootroot hallo12345 hallohallo sommer2025 sommer2026 winter2025 winter2026 summer2025 summer2026
  january2026 januar2026 football123 baseball123 basketball superman123 batman12345 dragon12345 monkey12345
  sunshine123 princess123 starwars123 pokemon1234 michael1234 schatz12345 fussball123 bundesliga deutschland
  berlin12345 testtest123 test123456 test1234567 testtesttest abcdefghij abcdefghijk abc1234567 abcd123456
  aaaaaaaaaa 1111111111 0000000000 1212121212 1122334455 9876543210 0987654321 0123456789 1029384756 q1w2e3r4t5
  secret12345 geheim12345 geheimnis1 trustno1234 whatever123 computer123 internet123 samsung1234 iphone12345`.split(
    /\s+/,
  ),
);

/** One character or a short run again and again: `aaaaaaaaaaaa`, `abcabcabcabc`. */
function isRepetition(password: string): boolean {
  return /^(.{1,4})\1+.?$/su.test(password);
}

/**
 * Is a password among those that are guessed first? After NIST SP 800-63B §3.1.1.2: common values, repetitions, and the
 * person's or service's own names are refused; rules on kinds of characters are not made.
 * @param names mail address, name, brand
 */
export function isCommonPassword(password: string, names: readonly string[]): boolean {
  const plain = password.toLowerCase();
  if (common.has(plain) || isRepetition(plain)) return true;
  const parts = names.flatMap((name) => name.toLowerCase().split(/[^\p{L}\p{N}]+/u)).filter((part) => part.length > 3);
  const rest = parts.reduce((left, part) => left.replaceAll(part, ''), plain);
  return rest !== plain && rest.replaceAll(/[^\p{L}]/gu, '').length < 4;
}
