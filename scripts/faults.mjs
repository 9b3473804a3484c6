/** `npm run faults -- [--payments n] [--seed n] [--json]`: sets up and runs; see test/src/faults/main.ts. */
import { fail, foreground } from './run.mjs';
import { setup } from './setup.mjs';

await setup().catch(fail);
process.exitCode = await foreground(['test/dist/faults/main.js', ...process.argv.slice(2)]);
