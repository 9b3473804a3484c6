/**
 * A Node for what needs a newer C library than this machine has: Prism's native library wants glibc 2.38, Debian 12 has
 * 2.36. The packages of Debian 13 are unpacked below .cache and nothing is installed; `.cache/newer-glibc/node` starts
 * this machine's Node through their dynamic loader.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { works } from './debian-packages.mjs';
import { fail, ROOT, run, say } from './run.mjs';

const HOME = join(ROOT, '.cache/newer-glibc');
const NODE = join(HOME, 'node');
const WANTED = 2.38;
const RELEASE = 'trixie';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const PACKAGES = ['libc6', 'libgcc-s1', 'libstdc++6'];

/**
 * Quick where the machine's own is new enough, or the other one is there.
 *
 * @returns why there is none, for the log; undefined when what is needed is there
 * @throws Error where it should have worked: on a Debian
 */
export async function setupNewerGlibc() {
  const own = process.report.getReport().header.glibcVersionRuntime;
  if (own !== undefined && Number(own) >= WANTED) return undefined;
  // It bears the path of the Node that it was made for.
  if (existsSync(NODE) && readFileSync(NODE, 'utf8').includes(process.execPath) && works(NODE, ['-v']))
    return undefined;
  const mirror = own === undefined ? undefined : debianMirror();
  if (mirror === undefined)
    return `this system has ${own === undefined ? 'no glibc' : `glibc ${own}`}, and is no Debian from which a newer one could be had`;
  say(`unpacking a C library of Debian 13 for Prism (.cache/newer-glibc): glibc ${own} is too old for it`);
  try {
    await unpack(mirror);
  } catch (cause) {
    throw new Error(
      `a newer C library could not be unpacked (${cause.message}): use a system with glibc ${WANTED} or later, such as Debian 13, or look whether apt-get reaches its mirror, and try again`,
      { cause },
    );
  }
  return undefined;
}

async function unpack(mirror) {
  rmSync(HOME, { recursive: true, force: true });
  for (const folder of ['lists/partial', 'cache/archives/partial', 'state', 'packages'])
    mkdirSync(join(HOME, folder), { recursive: true });
  writeFileSync(join(HOME, 'sources.list'), `deb [signed-by=${KEYRING}] ${mirror} ${RELEASE} main\n`);
  writeFileSync(join(HOME, 'state/status'), '');
  // The machine's own lists and sources are left alone.
  const settings = {
    'Dir::Etc::SourceList': join(HOME, 'sources.list'),
    'Dir::Etc::SourceParts': '/dev/null',
    'Dir::State': join(HOME, 'state'),
    'Dir::State::Lists': join(HOME, 'lists'),
    'Dir::State::status': join(HOME, 'state/status'),
    'Dir::Cache': join(HOME, 'cache'),
    'Acquire::Languages': 'none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
    'APT::Sandbox::User': '',
  };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  await run('apt-get', [...options, 'update', '-qq']);
  await run('apt-get', [...options, 'download', '-qq', ...PACKAGES], { cwd: join(HOME, 'packages') });
  for (const name of readdirSync(join(HOME, 'packages')))
    await run('dpkg-deb', ['-x', join(HOME, 'packages', name), join(HOME, 'root')]);
  for (const folder of ['lists', 'cache', 'packages']) rmSync(join(HOME, folder), { recursive: true });
  writeStarter();
}

function writeStarter() {
  const libraries = join(HOME, 'root/usr/lib');
  const [triplet] = readdirSync(libraries).filter((name) => name.endsWith('-linux-gnu'));
  const folder = join(libraries, triplet ?? '');
  const loader = readdirSync(folder).find((name) => /^ld-linux.*\.so\.\d$/.test(name));
  if (loader === undefined) throw new Error(`${folder} has no dynamic loader`);
  const command = [join(folder, loader), '--library-path', folder, process.execPath];
  writeFileSync(NODE, `#!/bin/sh\nexec ${command.map(quoted).join(' ')} "$@"\n`);
  chmodSync(NODE, 0o755);
  if (!works(NODE, ['-v'])) throw new Error(`${NODE} does not start`);
}

/** Where this Debian has its own packages from. Undefined where it is none. */
function debianMirror() {
  if (!existsSync('/etc/debian_version') || !existsSync(KEYRING) || !works('dpkg-deb', ['--version']))
    return undefined;
  const codename = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const { stdout } = spawnSync(
    'apt-get',
    ['indextargets', '--format', '$(RELEASE) $(COMPONENT) $(REPO_URI)', 'Created-By: Packages'],
    { encoding: 'utf8' },
  );
  const own = (stdout ?? '').split('\n').map((line) => line.split(' '));
  return own.find(([release, component]) => release === codename && component === 'main')?.[2];
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lacking = await setupNewerGlibc().catch(fail);
  if (lacking !== undefined) say(`no newer C library: ${lacking}`);
}
