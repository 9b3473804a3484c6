/** Starts a bridge and this worker, and lets the conformance kit say whether the worker keeps the contract. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const CLI = (process.env.NATS_BRIDGE_CLI ?? 'npx --package @nats-bridge/cli nats-bridge').split(' ');
const children = [];
after(async () => {
  for (const child of children.reverse()) await stop(child);
});

/** npx does not pass signals on: the whole group is told. */
async function stop(child) {
  const ended = new Promise((resolve) => child.once('close', resolve));
  try {
    process.kill(-child.pid, 'SIGTERM');
  } catch {
    return; // it has ended by itself
  }
  await ended;
}

/** Starts a program and resolves with what the pattern finds in what it prints. */
function start([program, ...args], env, pattern) {
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  children.push(child);
  return new Promise((resolve, reject) => {
    let printed = '';
    const read = (chunk) => {
      printed += chunk;
      const found = pattern.exec(printed);
      if (found) resolve(found);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) =>
      reject(new Error(`${program} ${args.join(' ')} ended with ${code}: ${printed}`)),
    );
  });
}

/** Runs the kit to its end. */
function conformance(url) {
  const [program, ...args] = CLI;
  const question = ['conformance', '--operation', 'authorize', '--nats', url, '--timeout', '20000', '--json'];
  const child = spawn(program, [...args, ...question], { stdio: ['ignore', 'pipe', 'inherit'] });
  return new Promise((resolve, reject) => {
    let printed = '';
    child.stdout.on('data', (chunk) => {
      printed += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, printed }));
  });
}

test('the worker keeps the contract', { timeout: 300_000 }, async () => {
  const data = mkdtempSync(join(tmpdir(), 'my-worker-nats-'));
  const bridge = [...CLI, 'up', '--no-sandbox', '--data', data];
  const [, url] = await start(bridge, { NO_COLOR: '1' }, /NATS +(nats:\S+)[\s\S]*Ready/);
  await start([process.execPath, 'dist/worker.js'], { NATS_URL: url }, /started/);
  const { code, printed } = await conformance(url);
  assert.equal(code, 0, printed);
});
