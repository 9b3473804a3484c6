/** `npm run packages -- <folder>`: the packages as npm would publish them, as files that `npm install` takes. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, ROOT, run, say } from './run.mjs';
import { setup } from './setup.mjs';

/** The folder gets a .tgz for each package that is not private. Everything must be built. @throws Error */
export async function packInto(folder) {
  mkdirSync(folder, { recursive: true });
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const published = Object.keys(packages).filter(
    (path) =>
      /^(packages|workers)\/[^/]+$/.test(path) &&
      JSON.parse(readFileSync(join(ROOT, path, 'package.json'), 'utf8')).private !== true,
  );
  const workspaces = published.flatMap((path) => ['--workspace', path]);
  await run('npm', ['pack', '--silent', ...workspaces, '--pack-destination', folder]);
  return published.length;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) fail(new Error('name the folder that they go to: npm run packages -- <folder>'));
  await setup().catch(fail);
  const count = await packInto(resolve(folder)).catch(fail);
  say(`${count} packages in ${resolve(folder)}: npm install ${join(folder, '*.tgz')}`);
}
