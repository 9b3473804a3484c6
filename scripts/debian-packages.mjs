/** Installs a program that the machine lacks, where it is a Debian and we may. */
import { spawnSync } from 'node:child_process';
import { run, say } from './run.mjs';

export function works(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** @throws Error that says what to install by hand */
export async function installPackages(what, packages) {
  const byHand = `install it (Debian and Ubuntu: apt-get install ${packages.join(' ')}) and try again`;
  if (process.getuid?.() !== 0 || !works('apt-get', ['--version']))
    throw new Error(`${what} is missing: ${byHand}`);
  say(`installing ${packages.join(', ')} (apt-get)`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await run('apt-get', ['update', '-qq'], { env });
    await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages], { env });
  } catch (cause) {
    throw new Error(`${what} could not be installed (${cause.message}): ${byHand}`, { cause });
  }
}
