/** Takes a protection out of a process, and those it starts: for `--import`, with its name in the environment. */
import { register } from 'node:module';
import { PROTECTIONS } from './protections.js';

export const SWITCHED_OFF = 'LEAK_TEST_SWITCHED_OFF';

const name = process.env[SWITCHED_OFF];
const protection = PROTECTIONS.find((one) => one.name === name);
if (name !== undefined && protection === undefined) throw new Error(`there is no protection ${name}`);
if (protection !== undefined)
  register('./switch-off-hooks.js', { parentURL: import.meta.url, data: { ...protection } });
