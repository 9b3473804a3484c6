/** What every command needs on a fresh machine: dependencies, a build and a nats-server. Quick when they are there. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, say } from './run.mjs';

export async function setup() {
  await installDependencies();
  await build();
  await findNatsServer();
}

export async function installDependencies() {
  const lock = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');
  const marker = join(ROOT, 'node_modules/.installed-lock');
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock) return;
  say('installing dependencies (npm ci; once, about half a minute)');
  await run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  mkdirSync(join(ROOT, 'node_modules'), { recursive: true });
  writeFileSync(marker, lock);
}

export async function build() {
  say('building');
  await run(process.execPath, ['packages/protocol/scripts/derive-schema.mjs']);
  await run(process.execPath, ['node_modules/typescript/bin/tsc', '--build']);
  await run(process.execPath, ['packages/protocol/scripts/write-contract.mjs']);
  await run(process.execPath, ['packages/cli/scripts/write-templates.mjs']);
  await run(process.execPath, [join(ROOT, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], {
    cwd: join(ROOT, 'packages/console'),
  });
}

export async function findNatsServer() {
  const { obtainNatsServer } = await import('../packages/messaging/dist/index.js');
  await obtainNatsServer({ onProgress: say });
}
