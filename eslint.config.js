import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const tests = ['**/*.test.ts', '**/*.test.tsx', '**/src/testing/**'];

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name: a thing has the same name wherever it is used.',
};
const noExportAll = { selector: 'ExportAllDeclaration', message: 'Name what is exported: no barrels.' };

export default defineConfig(
  globalIgnores(['**/node_modules/', '**/dist/', '**/data/', 'coverage/', 'packages/web/src/api/schema.d.ts']),
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
      // `void promise` says that a promise is left alone on purpose.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreVoidOperator: true, ignoreArrowShorthand: true },
      ],
      // The compiler checks these, with the same underscore rule.
      '@typescript-eslint/no-unused-vars': 'off',
      '@typescript-eslint/no-invalid-void-type': ['error', { allowInGenericTypeArguments: true }],
      eqeqeq: 'error',
      'max-lines': ['error', { max: 400 }],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      'no-restricted-syntax': ['error', noDefaultExport, noExportAll],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Only packages/server/src/config reads the environment.' },
      ],
      'no-restricted-imports': [
        'error',
        {
          paths: [
            { name: 'node:process', message: 'Use the global process: the ban of process.env watches that.' },
            { name: 'process', message: 'Use the global process: the ban of process.env watches that.' },
          ],
        },
      ],
    },
  },
  {
    files: ['packages/server/src/config/**', 'e2e/**', 'bench/**', 'scripts/**', 'packages/web/build.ts', ...tests],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: [...tests, 'e2e/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 700 }],
      'max-lines-per-function': 'off',
      // Methods of fakes and expectations are passed around freely; text is split into characters on purpose.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-misused-spread': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Fakes keep the asynchronous shape of what they stand for.
      '@typescript-eslint/require-await': 'off',
    },
  },
  {
    files: ['packages/web/src/**'],
    extends: [reactHooks.configs.flat['recommended-latest']],
    rules: {
      // Markup is long and flat: a component may have more lines than a function that decides.
      'max-lines-per-function': ['error', { max: 90, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      // The router's way of leaving for another page is to throw it.
      '@typescript-eslint/only-throw-error': [
        'error',
        { allow: [{ from: 'package', package: '@tanstack/router-core', name: 'Redirect' }] },
      ],
    },
  },
  {
    files: ['**/*.config.ts'],
    rules: { 'no-restricted-syntax': ['error', noExportAll] },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { module: 'readonly' } },
  },
);
