/** `npm run bench -- [--json] [--quick] [--memory]`: sets up and measures; see bench/src/main.ts for the arguments. */
import { fail, foreground } from './run.mjs';
import { setup } from './setup.mjs';

await setup().catch(fail);
process.exitCode = await foreground(['bench/dist/main.js', ...process.argv.slice(2)]);
