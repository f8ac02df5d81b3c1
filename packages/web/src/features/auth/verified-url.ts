/** Where the mailed link leads when it has done its work, and from there to where one wanted to go. */
export function verifiedUrl(wanted: string | undefined): string {
  const page = '/console/verified';
  return wanted === undefined ? page : `${page}?return=${encodeURIComponent(wanted)}`;
}
