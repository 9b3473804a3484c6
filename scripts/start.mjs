/** `npm start`: sets up, starts everything on this machine and shows a payment; arguments go to `nats-bridge up`. */
import { fail, foreground } from './run.mjs';
import { setup } from './setup.mjs';

await setup().catch(fail);
process.exitCode = await foreground(['packages/cli/dist/main.js', 'up', '--demo', ...process.argv.slice(2)]);
