/** From the packages as npm would publish them, outside of this checkout, to a green run of the kit, for each language. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ROOT } from './worker-process.js';

it('a new worker’s own test is green with the packed packages alone, and leaves nothing running', async () => {
  const script = join(ROOT, 'scripts/measure-new-worker.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--json', '--built']);
  const results = JSON.parse(stdout) as { language: string }[];
  console.table(results);
  expect(results.map(({ language }) => language)).toEqual(['ts', 'python', 'go']);
}, 900_000);
