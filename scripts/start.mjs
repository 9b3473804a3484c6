/** `npm start`: sets up, starts everything on this machine and shows a payment; arguments go to `nats-bridge up`. */
import './node-version.mjs';
import { fail, foreground } from './run.mjs';
import { setup } from './setup.mjs';

await setup().catch(fail);
// The flags are those of packages/cli/bin/nats-bridge.js.
const flags = ['--max-semi-space-size=32', '--no-allocation-site-pretenuring', '--retain-maps-for-n-gc=50'];
const command = [...flags, 'packages/cli/dist/main.js', 'up', '--demo'];
process.exitCode = await foreground([...command, ...process.argv.slice(2)]);
