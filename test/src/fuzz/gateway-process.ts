/** The gateway as a process of its own, so that a crash, a hang or a leak is seen from outside. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../worker-process.js';

export type GatewayProcess = {
  /** `host:port` of the doors. */
  readonly grpc: string;
  readonly http: string;
  /** How it ended, where it has; nobody asked it to. */
  died(): string | undefined;
  /** Resident memory in MiB; undefined where the system does not tell. */
  residentMib(): number | undefined;
  stop(): Promise<void>;
};

/** Short timeouts, because half of the replies never fit; no breaker, because they are all bad. */
const CONFIG = `
[nats_bridge]
jetstream_enabled = false
request_timeout_ms = 200
[nats_bridge.circuit_breaker]
failures = 1000
[gateway.grpc]
port = 0
[gateway.http]
port = 0
`;
const ADDRESSES = /gateway https?:\/\/(\S+) for Hyperswitch, https?:\/\/(\S+) for/;

export async function startGatewayProcess(natsUrl: string): Promise<GatewayProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-fuzz-'));
  const file = join(folder, 'bridge.toml');
  writeFileSync(file, CONFIG);
  const child = spawn(
    process.execPath,
    [join(ROOT, 'packages/cli/dist/main.js'), 'serve', '--config', file, '--nats', natsUrl],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NO_COLOR: '1' } },
  );
  let ended: string | undefined;
  let lastWords = '';
  const exit = new Promise<void>((resolve) =>
    child.once('exit', (code, signal) => {
      ended = `ended with ${signal ?? `code ${code}`}: ${lastWords}`;
      resolve();
    }),
  );
  // Each refused input is a line; only the last ones are worth keeping.
  child.stderr.on('data', (chunk: Buffer) => {
    lastWords = (lastWords + chunk.toString()).slice(-2_000);
  });
  const [grpc, http] = await new Promise<[string, string]>((resolve, reject) => {
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => {
      printed = (printed + chunk.toString()).slice(-2_000);
      const found = ADDRESSES.exec(printed);
      if (found !== null) resolve([found[1] ?? '', found[2] ?? '']);
    });
    void exit.then(() => reject(new Error(`the gateway ${ended}`)));
  });
  return {
    grpc,
    http,
    died: () => ended,
    residentMib: () => residentMib(child.pid),
    async stop() {
      // Asked to end, it would wait 35 s for the halves of requests that it was sent.
      child.kill('SIGKILL');
      await exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function residentMib(pid: number | undefined): number | undefined {
  try {
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kib === undefined ? undefined : Math.round(Number(kib) / 1_024);
  } catch {
    return undefined;
  }
}
