/* The package's own types bring those of the browser into the whole program. */
declare const highlighter: {
  registerLanguage(name: string, language: unknown): void;
  registerAliases(aliases: string | string[], options: { languageName: string }): void;
  getLanguage(name: string): unknown;
  highlight(code: string, options: { language: string; ignoreIllegals?: boolean }): { value: string };
};
// eslint-disable-next-line no-restricted-syntax -- as the package has it
export default highlighter;
