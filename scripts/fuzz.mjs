/** `npm run fuzz -- [--inputs n] [--seed n] [--json]`: sets up and runs; see test/src/fuzz/main.ts. */
import { fail, foreground } from './run.mjs';
import { setup } from './setup.mjs';

await setup().catch(fail);
process.exitCode = await foreground(['test/dist/fuzz/main.js', ...process.argv.slice(2)]);
