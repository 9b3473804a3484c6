/** The sandbox worker as a process of its own, started again when a test card makes it crash. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { BridgeConfig } from '@nats-bridge/connector';

export type SupervisedWorker = {
  /** Resolves when it takes requests. */
  readonly ready: Promise<void>;
  /** Of the process that runs now. */
  pid(): number | undefined;
  stop(): Promise<void>;
};

/** @param file where the rest of the configuration stands, the way to NATS above all */
export function superviseSandbox(config: BridgeConfig, file: string | undefined): SupervisedWorker {
  let child: ChildProcess;
  let stopping = false;
  const ready = new Promise<void>((resolve, reject) => {
    const start = () => {
      child = spawn(
        process.execPath,
        [
          fileURLToPath(new URL('../main.js', import.meta.url)),
          ...['worker', 'sandbox', '--json'],
          ...(file === undefined ? [] : ['--config', file]),
        ],
        {
          env: { ...process.env, ...environmentOf(config) },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      child.stdout?.on('data', (chunk: Buffer) => {
        if (chunk.toString().includes('"started"')) resolve();
      });
      child.once('error', reject);
      child.once('exit', (code) => {
        if (stopping) return;
        reject(
          new Error(`the sandbox worker ended with code ${code} before it was ready; its error stands above`),
        );
        // Who ended it cleanly, as Ctrl-C does in a terminal, wants it to end.
        if (code !== 0) start();
      });
    };
    start();
  });
  return {
    ready,
    pid: () => child.pid,
    async stop() {
      stopping = true;
      if (child.exitCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function environmentOf(config: BridgeConfig): Record<string, string> {
  return {
    NATS_BRIDGE__BASE_URL: config.base_url,
    NATS_BRIDGE__JETSTREAM_ENABLED: String(config.jetstream_enabled),
    NATS_BRIDGE__JETSTREAM__STREAM_NAME: config.jetstream.stream_name,
    NATS_BRIDGE__JETSTREAM__CONSUMER_NAME: config.jetstream.consumer_name,
    NATS_BRIDGE__JETSTREAM__ACK_WAIT: String(config.jetstream.ack_wait),
  };
}
