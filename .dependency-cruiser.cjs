/**
 * Imports run one way: main → compose → app → gateway | hub | mcp | self-service | admin → http → capabilities →
 * postgres | contract | config types | errors, clock, ids, logger.
 * A folder of packages/server/src that no list below names is a capability.
 */

const server = '^packages/server/src/';
const tests = '(\\.test\\.ts$|/src/testing/)';

/** Files at the root of the server that everything may import: they know nothing of the rest. */
const foundation = `${server}(clock|errors|ids|logger|start-error|project-folders)\\.ts$`;
const rootFile = `${server}[^/]+\\.ts$`;
const folder = `${server}[^/]+/`;

/** Folders that lead requests to capabilities. */
const surfaces = `${server}(gateway|hub|mcp|self-service|admin|console)/`;
const http = `${server}http/`;
const notCapability = `${server}(gateway|hub|mcp|self-service|admin|console|http|postgres|config|testing)/`;

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files that need each other when they run are one concept or lack a third. Types may go round.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'nothing-imports-main',
      comment: 'main.ts is started, never imported.',
      severity: 'error',
      from: {},
      to: { path: `${server}main\\.ts$` },
    },
    {
      name: 'only-main-composes',
      comment: 'compose.ts is the only composition root, and only main.ts calls it.',
      severity: 'error',
      from: { pathNot: [`${server}main\\.ts$`, tests, '^(e2e|bench|scripts)/'] },
      to: { path: `${server}compose\\.ts$` },
    },
    {
      name: 'folders-know-no-composition',
      comment: 'What is composed takes its dependencies as an argument and does not reach up for them.',
      severity: 'error',
      from: { path: folder, pathNot: tests },
      to: { path: rootFile, pathNot: foundation },
    },
    {
      name: 'app-is-composed',
      comment: 'app.ts builds the HTTP application from its dependencies; it does not open or compose any.',
      severity: 'error',
      from: { path: `${server}app\\.ts$` },
      to: { path: `${server}(compose|main|first-run|print-start|open-[^/]+)\\.ts$` },
    },
    {
      name: 'foundation-stands-alone',
      comment: 'Files that everything imports import nothing of the server but each other.',
      severity: 'error',
      from: { path: foundation },
      to: { path: server, pathNot: foundation },
    },
    {
      name: 'capabilities-know-no-surface',
      comment: 'A capability is used by the gateway, the hub and the rest, and does not know by which.',
      severity: 'error',
      from: { path: folder, pathNot: [notCapability, tests] },
      to: { path: [surfaces, http] },
    },
    {
      name: 'capabilities-know-no-framework',
      comment: 'HTTP types stop at the edge: the framework is an adapter.',
      severity: 'error',
      from: { path: [folder, '^packages/contract/'], pathNot: [surfaces, http, tests] },
      to: { path: 'node_modules/@?fastify/' },
    },
    {
      name: 'http-knows-no-surface',
      comment: 'http/ adapts the framework for every surface and belongs to none.',
      severity: 'error',
      from: { path: http, pathNot: tests },
      to: { path: surfaces },
    },
    {
      name: 'gateway-knows-no-other-surface',
      comment: 'Other surfaces may lead onto the road; the road does not lead back.',
      severity: 'error',
      from: { path: `${server}gateway/`, pathNot: tests },
      to: { path: `${server}(hub|mcp|self-service|admin|console)/` },
    },
    {
      name: 'config-is-handed-down',
      comment: 'Below the composition only the types of the configuration are known: values come as arguments.',
      severity: 'error',
      from: { path: folder, pathNot: [`${server}config/`, tests] },
      to: { path: `${server}config/`, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'config-stands-alone',
      comment: 'The configuration is read before anything else exists.',
      severity: 'error',
      from: { path: `${server}config/`, pathNot: tests },
      to: { path: server, pathNot: [`${server}config/`, foundation] },
    },
    {
      name: 'postgres-knows-no-capability',
      comment: 'Capabilities bring their own tables and queries; postgres/ connects and migrates.',
      severity: 'error',
      from: { path: `${server}postgres/`, pathNot: tests },
      to: { path: server, pathNot: [`${server}(postgres|config)/`, foundation] },
    },
    {
      name: 'providers-are-strangers',
      comment: 'A provider never imports another: what two need is beside provider.ts.',
      severity: 'error',
      from: { path: `${server}providers/([^/]+)/`, pathNot: '\\.test\\.ts$' },
      to: { path: `${server}providers/[^/]+/`, pathNot: `${server}providers/$1/` },
    },
    {
      name: 'provider-kinds-are-chosen-by-composition',
      comment: 'The road knows the Provider interface; which kinds exist is decided where they are opened.',
      severity: 'error',
      from: { path: folder, pathNot: [`${server}providers/`, tests] },
      to: { path: `${server}providers/[^/]+/` },
    },
    {
      name: 'contract-stands-alone',
      comment: 'The contract is safe in a browser: no server, no Node.',
      severity: 'error',
      from: { path: '^packages/contract/', pathNot: tests },
      to: { path: '^(packages/(?!contract/)|e2e/|bench/|scripts/)' },
    },
    {
      name: 'contract-has-no-input-or-output',
      comment: 'The contract is safe in a browser: no server, no Node.',
      severity: 'error',
      from: { path: '^packages/contract/', pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'server-is-imported-by-its-harnesses-only',
      comment: 'Other packages talk to the server over HTTP.',
      severity: 'error',
      from: { pathNot: ['^packages/server/', '^(e2e|bench|scripts)/', '^vitest\\.config\\.ts$'] },
      to: { path: '^packages/server/' },
    },
    {
      name: 'no-tests-in-production',
      comment: 'Tests and their harness are not part of the product.',
      severity: 'error',
      from: { path: '^packages/', pathNot: tests },
      to: { path: tests },
    },
    {
      name: 'no-test-imports-a-test',
      comment: 'What two tests need is a file of its own; importing a test runs it twice.',
      severity: 'error',
      from: {},
      to: { path: '\\.test\\.ts$' },
    },
    {
      name: 'no-harness-in-production',
      comment: 'Black-box tests, measurements and scripts use the packages, not the other way round.',
      severity: 'error',
      from: { path: '^packages/' },
      to: { path: '^(e2e|bench|scripts)/' },
    },
    {
      name: 'no-undeclared-dependency',
      comment:
        'Production code uses what its own package.json lists as a dependency, nothing hoisted, nothing for tests.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: tests },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-unresolved',
      comment: 'Every import leads somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nothing imports and that imports nothing is left over.',
      severity: 'error',
      from: {
        orphan: true,
        pathNot: ['hub/pages/assets/', 'web/src/api/schema', 'server/types/', '\\.config\\.(ts|js)$', '\\.cjs$'],
      },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|data|coverage)/|\\.css$' },
    // 'specify' keeps type-only imports apart from those that are there when the program runs.
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.cjs', '.mjs', '.json'],
    },
    reporterOptions: { text: { highlightFocused: true } },
  },
};
