/** What git keeps is written by hand: nothing that a tool downloads or builds slips in with it. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { ROOT } from './worker-process.js';

/** Sources, settings and documents, and pictures for those. */
const WRITTEN = /\.(ts|tsx|js|mjs|py|go|sh|css|html|json|toml|ya?ml|mod|sum|env|service|txt|md|svg|png)$/;
const WITHOUT_ENDING = /(^|\/)(LICENSE|\.?gitignore|\.npmrc|\.ci\/run)$/;

it('git keeps sources, documents and pictures alone', async () => {
  const { stdout } = await promisify(execFile)('git', ['ls-files', '-z'], { cwd: ROOT });
  const tracked = stdout.split('\0').filter((path) => path !== '');
  expect(tracked).toContain('package.json');
  expect(tracked.filter((path) => !WRITTEN.test(path) && !WITHOUT_ENDING.test(path))).toEqual([]);
});
