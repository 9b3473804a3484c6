/** Which Node is needed is said alike everywhere, and by the scripts before anything else fails on an older one. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './worker-process.js';

const RANGE = '^20.19 || >=22.12';
const readText = (path: string) => readFileSync(join(ROOT, path), 'utf8');

describe('the version of Node that is needed', () => {
  it('is the same in every package and on every page', () => {
    const folders = ['packages', 'workers'].flatMap((parent) =>
      readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`),
    );
    for (const folder of ['.', ...folders, 'packages/cli/templates/ts']) {
      const path = `${folder}/package.json`;
      if (existsSync(join(ROOT, path))) expect(JSON.parse(readText(path)).engines.node, path).toBe(RANGE);
    }
    for (const page of [
      'README.md',
      'CONTRIBUTING.md',
      'packages/cli/templates/go/README.md',
      'packages/cli/templates/python/README.md',
    ])
      expect(readText(page), page).toContain(`Node \`${RANGE}\``);
  });

  it.each(['18.20.8', '20.18.3', '21.7.3', '22.11.0'])('is not %s: npm start and npm test say so', (node) => {
    for (const script of ['start.mjs', 'test.mjs'])
      expect(runOn(node, script)).toEqual({
        status: 1,
        stderr: `✗ Node ${node} does not do: install 20.19 or a later 20, or 22.12 or later\n`,
      });
  });

  it.each(['20.19.0', '22.12.0', '24.0.0'])('may be %s', (node) => {
    expect(runOn(node, 'node-version.mjs')).toEqual({ status: 0, stderr: '' });
  });
});

/** Runs a script in a Node that says that it is another. */
function runOn(node: string, script: string) {
  const versions = `{ value: { ...process.versions, node: '${node}' } }`;
  const says = encodeURIComponent(`Object.defineProperty(process, 'versions', ${versions})`);
  const args = ['--import', `data:text/javascript,${says}`, join(ROOT, 'scripts', script)];
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, stderr };
}
