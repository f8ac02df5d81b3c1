import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { configErrorOf, quoted, type Problem } from './config-error.ts';
import { variable, type Environment } from './interpolate.ts';
import { parseMasterKey, masterKeyForm, parseAdminToken, adminTokenForm } from './secret-forms.ts';
import type { Config } from './schema.ts';

/** What the environment says, checked, with defaults. */
interface EnvironmentSettings {
  readonly host: string;
  readonly port: number;
  /** Absolute. */
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
  readonly smtpUrl: string | undefined;
  /** Two while one is replaced by another. */
  readonly stripeWebhookSecrets: readonly string[];
  readonly stripeApiKey: string | undefined;
  /** TURNPIKE_CONFIG as written: messages name it so. */
  readonly configFile: string | undefined;
  readonly preset: string;
  readonly adminToken: string | undefined;
  readonly masterKey: Buffer | undefined;
  /** Origin without a trailing slash. */
  readonly publicUrl: string | undefined;
  readonly trustedProxies: readonly string[];
  readonly logLevel: Config['logLevel'];
}

interface Variable<T> {
  readonly parse: (text: string) => T | undefined;
  readonly allowed: string;
  /** How a wrong value is shown; by default quoted. */
  readonly show?: (text: string) => string;
}

/**
 * Reads the environment. Empty variables count as unset; surrounding blanks are dropped.
 * @throws ConfigError naming the first wrong variable, what was found and what is allowed
 */
export function readEnvironment(env: Environment, cwd: string): EnvironmentSettings {
  const problems: Problem[] = [];
  const read = <T>(name: string, { parse, allowed, show = quoted }: Variable<T>): T | undefined => {
    const text = variable(env, name)?.trim();
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value === undefined) problems.push({ key: name, found: show(text), allowed });
    return value;
  };
  const settings: EnvironmentSettings = {
    port: read('PORT', port) ?? 8420,
    host: read('HOST', host) ?? '127.0.0.1',
    dataDir: resolve(cwd, read('DATA_DIR', anyText) ?? './data'),
    databaseUrl: read('DATABASE_URL', databaseUrl),
    redisUrl: read('REDIS_URL', redisUrl),
    smtpUrl: read('SMTP_URL', smtpUrl),
    stripeApiKey: read('STRIPE_API_KEY', stripeApiKey),
    stripeWebhookSecrets: read('STRIPE_WEBHOOK_SECRET', webhookSecrets) ?? [],
    configFile: read('TURNPIKE_CONFIG', anyText),
    preset: read('TURNPIKE_PRESET', anyText) ?? 'simosphere',
    adminToken: read('TURNPIKE_ADMIN_TOKEN', { parse: parseAdminToken, allowed: adminTokenForm, show: hidden }),
    masterKey: read('TURNPIKE_MASTER_KEY', { parse: parseMasterKey, allowed: masterKeyForm, show: hidden }),
    publicUrl: read('TURNPIKE_PUBLIC_URL', publicUrl),
    trustedProxies: read('TRUSTED_PROXIES', trustedProxies) ?? [],
    logLevel: read('LOG_LEVEL', logLevel) ?? 'info',
  };
  const [first, ...others] = problems;
  if (first !== undefined) throw configErrorOf([first, ...others]);
  return settings;
}

/** An origin under which a server listening there is reached from the same machine. */
export function localOrigin(host: string, port: number): string {
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${isIP(reachable) === 6 ? `[${reachable}]` : reachable}:${String(port)}`;
}

const anyText: Variable<string> = { parse: (text) => text, allowed: 'any text' };

const port: Variable<number> = {
  parse: (text) => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined),
  allowed: 'a whole number from 0 to 65535',
};

const host: Variable<string> = {
  parse: (text) => {
    const address = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
    if (isIP(address) !== 0) return address;
    return isHostName(address) ? address.toLowerCase() : undefined;
  },
  allowed: 'an IP address or a host name, such as 127.0.0.1, 0.0.0.0, :: or localhost',
};

/** RFC 1123 names; one whose last part is a number is a mistyped IP address. */
function isHostName(text: string): boolean {
  return (
    text.length <= 253 &&
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*(?!\d+$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(text)
  );
}

const databaseUrl = serverUrl(
  ['postgres:', 'postgresql:'],
  'a URL such as postgres://user:password@host:5432/database',
);
const smtpUrl = serverUrl(
  ['smtp:', 'smtps:'],
  'a URL such as smtp://user:password@host:587 or smtps://user:password@host:465',
);

const stripeApiKey: Variable<string> = {
  parse: (text) => (/^(sk|rk)_\w{8,}$/.test(text) ? text : undefined),
  allowed: 'a secret or restricted key of Stripe, sk_… or rk_… (a publishable key, pk_…, cannot do it)',
  show: hidden,
};

const webhookSecrets: Variable<readonly string[]> = {
  parse: (text) => {
    const secrets = text.split(',').map((part) => part.trim());
    return secrets.every((secret) => /^\S{16,}$/.test(secret)) ? secrets : undefined;
  },
  allowed: 'a signing secret such as whsec_…, or two with a comma between them',
  show: hidden,
};

const redisUrl = serverUrl(
  ['redis:', 'rediss:'],
  'a URL such as redis://host:6379 or rediss://user:password@host:6380',
);

function serverUrl(protocols: readonly string[], allowed: string): Variable<string> {
  return {
    parse: (text) => {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      // Without `//` a URL parses, but means something else: redis:6379.
      return url !== undefined && protocols.includes(url.protocol) && text.startsWith(`${url.protocol}//`)
        ? text
        : undefined;
    },
    allowed,
    show: withoutCredentials,
  };
}

/** Only scheme and host, and only of what surely is a URL: anything else may hold a password. */
export function withoutCredentials(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url === undefined || url.hostname === '' || !text.includes('://')
    ? hidden(text)
    : quoted(`${url.protocol}//${url.hostname}/…`);
}

function hidden(text: string): string {
  return `a value of ${String(text.length)} characters (not shown)`;
}

const publicUrl: Variable<string> = {
  parse: (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
    return url.href === `${url.origin}/` ? url.origin : undefined;
  },
  allowed: 'an http or https origin without a path, such as https://api.example.com',
  show: (text) => (text.includes('@') ? withoutCredentials(text) : quoted(text)),
};

const trustedProxies: Variable<readonly string[]> = {
  parse: (text) => {
    const entries = text.split(/[\s,]+/).filter((entry) => entry !== '');
    return entries.every(isProxyRange) ? entries : undefined;
  },
  allowed: 'IP addresses, ranges such as 10.0.0.0/8, or loopback, linklocal, uniquelocal, separated by commas',
};

function isProxyRange(entry: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(entry)) return true;
  const [address = '', prefix, ...rest] = entry.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const logLevel: Variable<Config['logLevel']> = {
  parse: (text) => logLevels.find((level) => level === text.toLowerCase()),
  allowed: logLevels.join(', '),
};
