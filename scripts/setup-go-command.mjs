/** The Go that builds the example workers: the machine's, or a newer one from the modules' mirror where the machine's is too old. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installPackages, works } from './debian-packages.mjs';
import { say } from './run.mjs';

/** From this version on Go reads any go.mod and gets the toolchain that it asks for by itself. */
const OLDEST_MINOR = 21;
/** What older ones are made to fetch. Not older than what the examples' go.mod asks for. */
const TOOLCHAIN = 'go1.24.6';
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };

/** Gives the command, and the environment it runs in. @throws Error that says what to install by hand */
export async function setupGoCommand() {
  if (!works('go', ['version'])) await installPackages(`Go 1.${OLDEST_MINOR} or later`, ['golang-go']);
  const version = output('go', ['env', 'GOVERSION']);
  const minor = Number(/^go1\.(\d+)/.exec(version)?.[1]);
  if (minor >= OLDEST_MINOR) return { command: 'go', env: process.env };
  const root = fetchToolchain(version);
  // The older one may have left its own root in its environment.
  return { command: join(root, 'bin/go'), env: { ...process.env, GOROOT: root, GOTOOLCHAIN: 'local' } };
}

function fetchToolchain(have) {
  const platform = `${process.platform}-${ARCHITECTURES[process.arch] ?? process.arch}`;
  const module = `golang.org/toolchain@v0.0.1-${TOOLCHAIN}.${platform}`;
  say(`fetching ${TOOLCHAIN}: ${have} is too old for the Go example workers`);
  const { Dir: root } = JSON.parse(output('go', ['mod', 'download', '-json', module]) || '{}');
  if (root === undefined || !existsSync(root))
    throw new Error(
      `${have} is too old and ${module} could not be fetched: install Go 1.${OLDEST_MINOR} or later and try again`,
    );
  makeExecutable(root);
  return root;
}

/** A module's files carry no modes. */
function makeExecutable(root) {
  const tools = join(root, 'pkg/tool');
  const folders = [join(root, 'bin'), ...readdirSync(tools).map((name) => join(tools, name))];
  for (const folder of folders) for (const name of readdirSync(folder)) chmodSync(join(folder, name), 0o755);
}

/** Runs outside of any module, whose go.mod an old Go might not understand. */
function output(command, args) {
  const { stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    cwd: dirname(process.execPath),
    maxBuffer: 1 << 20,
  });
  return (stdout ?? '').trim();
}
