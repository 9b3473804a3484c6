/** `npm run sim -- [--seeds n] [--seed n] [--trace] [--json]`: builds and simulates; see sim/src/main.ts. */
import { fail, foreground } from './run.mjs';
import { build } from './setup.mjs';

await build().catch(fail);
process.exitCode = await foreground(['sim/dist/main.js', ...process.argv.slice(2)]);
