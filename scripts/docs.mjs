/**
 * `npm run docs`: writes docs/operations/ from the requests and replies of a run (test/src/operation-pages.ts), and
 * docs/conformance-report.md from what the conformance kit finds (test/src/conformance-page.ts).
 */
import { fail, foreground } from './run.mjs';
import { setup } from './setup.mjs';

await setup().catch(fail);
const pages = ['test/src/operation-pages.test.ts', 'test/src/conformance.test.ts', '--update', '--retry=0'];
process.exitCode = await foreground(['node_modules/vitest/vitest.mjs', 'run', ...pages]);
