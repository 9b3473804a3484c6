/** What a package imports, it declares: where nothing is hoisted, as with pnpm, it would not be found. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ROOT } from './worker-process.js';

/** But for the console, which is published as built. */
const PACKAGES = ['packages', 'workers']
  .flatMap((parent) => readdirSync(join(ROOT, parent)).map((name) => join(parent, name)))
  .filter((path) => path !== 'packages/console' && path !== 'workers/examples');

/** Of what is published; types too, which the declarations name. */
function importedBy(path: string): ReadonlySet<string> {
  const source = join(ROOT, path, 'src');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !/\.test\.ts$|^testing\/|^simulation\.ts$/.test(name),
  );
  const text = files.map((name) => readFileSync(join(source, name), 'utf8')).join('\n');
  const names = [...text.matchAll(/(?:from |import\(|import |resolve\()'((?:@[\w-]+\/)?[\w-]+)/g)];
  return new Set(names.map(([, name = '']) => name).filter((name) => name !== 'node'));
}

it.each(PACKAGES)('%s declares what it imports, and nothing else', (path) => {
  const { dependencies = {} } = JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8'));
  expect(Object.keys(dependencies).sort()).toEqual([...importedBy(path)].sort());
});
