import { useDeferredValue } from 'react';
import ReactMarkdown, { type Components } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import styles from './markdown.module.css';

/** Addresses that lead out of the page; all others, such as scripts and paths of somebody else's site, are text. */
function isWebAddress(address: string | undefined): address is string {
  return address !== undefined && /^https?:\/\//i.test(address) && URL.canParse(address);
}

const components: Components = {
  a: ({ href, children }) =>
    isWebAddress(href) ? (
      <a href={href} target="_blank" rel="noreferrer nofollow ugc">
        {children}
      </a>
    ) : (
      <>{children}</>
    ),
  // A picture is asked for by its address, which can carry away what was said: its name is enough.
  img: ({ alt }) => <>{alt}</>,
  pre: ({ children }) => (
    <pre tabIndex={0} className={styles['pre']}>
      {children}
    </pre>
  ),
  table: ({ children }) => (
    <div className={styles['table']}>
      <table>{children}</table>
    </div>
  ),
  // A heading of an answer is none of the page.
  ...Object.fromEntries(
    (['h1', 'h2', 'h3', 'h4', 'h5', 'h6'] as const).map((level) => [
      level,
      ({ children }: { readonly children?: React.ReactNode }) => <p className={styles['heading']}>{children}</p>,
    ]),
  ),
};
const plugins = [remarkGfm];

/** Markdown that somebody else has written: its HTML stays text, and it loads nothing. */
export function Markdown({ text }: { readonly text: string }) {
  // An answer grows by the word: it is set out as often as there is time for.
  const shown = useDeferredValue(text);
  return (
    <div className={styles['markdown']}>
      <ReactMarkdown components={components} remarkPlugins={plugins}>
        {shown}
      </ReactMarkdown>
    </div>
  );
}
