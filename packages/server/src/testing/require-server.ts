/**
 * The address of a server that a test needs. Absent: the test is to skip, plainly; with TURNPIKE_REQUIRE_SERVERS=1
 * (as in CI) absence fails instead, so that nothing is skipped unseen.
 */
export function requireServer(variable: 'TEST_DATABASE_URL' | 'TEST_REDIS_URL', what: string): string | undefined {
  const value = process.env[variable];
  if (value !== undefined && value !== '') return value;
  if (process.env['TURNPIKE_REQUIRE_SERVERS'] === '1')
    throw new Error(`${variable} is not set: this test needs ${what}`);
  return undefined;
}
