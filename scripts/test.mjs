/** `npm test`: sets up, checks and runs every test; arguments go to vitest. Ends with "N passed, N failed". */
import './node-version.mjs';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fail, foreground, run, say, together } from './run.mjs';
import { build, findNatsServer, installDependencies } from './setup.mjs';
import { setupBrowser } from './setup-browser.mjs';
import { setupLanguages } from './setup-languages.mjs';
import { setupNewerGlibc } from './setup-newer-glibc.mjs';
import { setupPrometheus } from './setup-prometheus.mjs';

const args = process.argv.slice(2);

async function check() {
  if (args.length > 0) return;
  say('checking types, style and import directions');
  await run('npm', ['run', '--silent', 'check']);
}

try {
  // What may use apt, whose lists are one's at a time, comes one after the other.
  const [lacking] = await together(
    setupPrometheus().then(setupBrowser).then(setupNewerGlibc),
    installDependencies().then(build),
  );
  if (lacking !== undefined) say(`Prism's native library is not tested: ${lacking}`);
  await together(findNatsServer().then(setupLanguages), check());
} catch (error) {
  fail(error);
}
/** Whatever the tests put away for a while goes with it. */
const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-tests-'));
process.env.TMPDIR = folder;
process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
const report = join(folder, 'report.json');
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const code = await foreground(['node_modules/vitest/vitest.mjs', 'run', ...reporters, ...args]);
if (!existsSync(report)) fail(new Error('the tests were ended before they were through'));
const { numPassedTests, numFailedTests, numFailedTestSuites, success } = JSON.parse(
  readFileSync(report, 'utf8'),
);
// A file that could not be loaded has no tests that failed, and must not pass for that.
const failed = numFailedTests > 0 || success ? numFailedTests : Math.max(1, numFailedTestSuites);
console.log(`${numPassedTests} passed, ${failed} failed`);
process.exitCode = code;
