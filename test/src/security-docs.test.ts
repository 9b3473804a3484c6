/** The security page names what is there: tests, pages, and every package with an install script. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './worker-process.js';

const page = readFileSync(join(ROOT, 'docs/security.md'), 'utf8');

it('each test it names exists', () => {
  const tests = [...page.matchAll(/`([\w/-]+\.test\.ts)`/g)].map(([, path = '']) => path);
  expect(tests.length).toBeGreaterThan(8);
  expect(tests.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});

it('install scripts are off, and each package that has one is explained', () => {
  expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m);
  const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { hasInstallScript?: boolean }>;
  };
  const scripted = Object.entries(lock.packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.replace(/^node_modules\//, ''));
  const section = page.slice(page.indexOf('## Supply chain'), page.indexOf('## What does not hold'));
  const explained = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
  expect(explained.toSorted()).toEqual(scripted.toSorted());
});
