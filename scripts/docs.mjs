/**
 * `npm run docs`: writes docs/operations/ from the requests and replies of a run (test/src/operation-pages.ts),
 * docs/conformance-report.md from what the conformance kit finds (test/src/conformance-page.ts), and docs/cli.md from
 * the commands (packages/cli/src/testing/command-page.ts).
 */
import { fail, foreground } from './run.mjs';
import { setup } from './setup.mjs';

await setup().catch(fail);
const pages = [
  'test/src/operation-pages.test.ts',
  'test/src/conformance.test.ts',
  'packages/cli/src/program.test.ts',
];
process.exitCode = await foreground([
  'node_modules/vitest/vitest.mjs',
  'run',
  ...pages,
  '--update',
  '--retry=0',
]);
