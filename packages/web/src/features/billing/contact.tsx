/** Whom to ask: an address to write to, a page, or words as they are. */
export function Contact({ contact }: { readonly contact: string }) {
  if (contact.startsWith('https://')) return <a href={contact}>{contact.slice('https://'.length)}</a>;
  if (/^[^\s@]+@[^\s@]+$/.test(contact)) return <a href={`mailto:${contact}`}>{contact}</a>;
  return <>{contact}</>;
}
