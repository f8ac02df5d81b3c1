declare const language: (highlighter: unknown) => unknown;
// eslint-disable-next-line no-restricted-syntax -- as the package has it
export default language;
