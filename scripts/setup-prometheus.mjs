/** promtool, which tests the alert rules: on the PATH, or unpacked below .cache from the Debian package. Nothing is installed. */
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { works } from './debian-packages.mjs';
import { fail, ROOT, run, say } from './run.mjs';

const HOME = join(ROOT, '.cache/prometheus');
const UNPACKED = join(HOME, 'usr/bin/promtool');
const BY_HAND =
  'put promtool of Prometheus 2.42 or later on the PATH (https://prometheus.io/download) and try again';

/**
 * The package is unpacked and not installed: installed, it would start a Prometheus on this machine.
 * @returns the program @throws Error that says what to do by hand
 */
export async function setupPrometheus() {
  if (works('promtool', ['--version'])) return 'promtool';
  if (works(UNPACKED, ['--version'])) return UNPACKED;
  if (!works('apt-get', ['--version']) || !works('dpkg-deb', ['--version']))
    throw new Error(`promtool is missing: ${BY_HAND}`);
  say('unpacking promtool (.cache/prometheus)');
  rmSync(HOME, { recursive: true, force: true });
  mkdirSync(HOME, { recursive: true });
  chmodSync(HOME, 0o755);
  try {
    await download();
    const name = readdirSync(HOME).find((file) => file.endsWith('.deb'));
    await run('dpkg-deb', ['-x', join(HOME, name ?? ''), HOME]);
    rmSync(join(HOME, name ?? ''));
  } catch (cause) {
    throw new Error(`promtool could not be unpacked (${cause.message}): ${BY_HAND}`, { cause });
  }
  if (!existsSync(UNPACKED)) throw new Error(`the package prometheus has no promtool: ${BY_HAND}`);
  return UNPACKED;
}

/** A fresh machine has no lists of packages yet. */
async function download() {
  const options = { cwd: HOME };
  try {
    await run('apt-get', ['download', '-qq', 'prometheus'], options);
  } catch (cause) {
    if (process.getuid?.() !== 0) throw cause;
    await run('apt-get', ['update', '-qq'], options);
    await run('apt-get', ['download', '-qq', 'prometheus'], options);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await setupPrometheus().catch(fail);
