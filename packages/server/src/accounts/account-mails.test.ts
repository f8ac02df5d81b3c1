import { describe, expect, test } from 'vitest';
import { accountMail, type AccountMail } from './account-mails.ts';

const url = 'https://api.example/auth/verify-email?token=x';
const base = { to: 'ada@example.com', url, brandName: 'Example' } as const;

describe('a mail about an account', () => {
  test.each<AccountMail['kind']>(['verify', 'reset', 'change', 'deletion', 'invitation'])(
    'has its link, in both languages: %s',
    (kind) => {
      const [english, german] = (['en', 'de'] as const).map((language) =>
        accountMail({ ...base, kind, language }, 'm'),
      );
      for (const mail of [english, german]) expect(mail?.text.split('\n')).toContain(url);
      expect(english?.text).toMatch(/^Hello,/);
      expect(german?.text).toMatch(/^Guten Tag,/);
      expect(english?.subject).not.toBe(german?.subject);
    },
  );

  test('shows names that people choose on one line and without addresses', () => {
    const organization = 'Evil\r\nBcc: all@example.com\n\nhttps://evil.example click';
    const { subject, text } = accountMail(
      { ...base, kind: 'invitation', language: 'en', organization, inviter: 'A\u202eB' },
      'm',
    );
    expect(subject).not.toMatch(/[\r\n]/);
    expect(`${subject}${text}`).not.toContain('https://evil');
    expect(text).not.toContain('\u202e');
  });
});
