/** `npm run build`: the schema derived from hyperswitch-prism, then TypeScript, then the contract's documents. */
import { fail } from './run.mjs';
import { build } from './setup.mjs';

await build().catch(fail);
