import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection, startEmbeddedServer } from '@nats-bridge/messaging';
import { type LogEntry, parseLogEntries } from '@nats-bridge/protocol';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLogging, type LoggingOptions } from './logging.js';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A log, a connection that is not open yet, and what somebody else hears. */
async function scene(options: Partial<LoggingOptions> = {}) {
  const storeDir = await mkdtemp(join(tmpdir(), 'nats-bridge-logging-'));
  const server = await startEmbeddedServer({ storeDir, syncInterval: '2m' });
  const listener = createConnection({ servers: server.url });
  const connection = createConnection({ servers: server.url });
  const logging = createLogging({ name: 'test', ...options });
  closers.push(
    () => rm(storeDir, { recursive: true, force: true }),
    () => server.kill(),
    () => listener.close(),
    () => connection.close(),
    () => logging.close(),
  );
  const heard: LogEntry[] = [];
  const nats = await listener.get();
  nats.subscribe('hyperswitch.logs.>', {
    callback(_, { subject, data }) {
      heard.push(...parseLogEntries(subject, data));
    },
  });
  await nats.flush();
  const eventually = (expected: () => void) => vi.waitFor(expected, { timeout: 10_000, interval: 5 });
  return { logging, connection, heard, eventually };
}

const about = { merchant_id: 'merchant_1', payment_id: 'pay_1', correlation_id: 'c-1' };

describe('a log over NATS', () => {
  it('says when, where, what and about which call, without what must not stand in it', async () => {
    const { logging, connection, heard, eventually } = await scene({ now: () => 0 });
    await connection.get();
    logging.connect(connection);
    logging.log({
      level: 'info',
      module: 'calls',
      message: 'card 4242424242424242',
      ...about,
      duration_ms: 2,
    });
    await eventually(() => expect(heard).toHaveLength(1));
    expect(heard[0]).toEqual({
      time: '1970-01-01T00:00:00.000Z',
      level: 'info',
      module: 'calls',
      message: 'card [card]',
      instance: expect.stringMatching(/^test@.+\/\d+$/),
      ...about,
      duration_ms: 2,
    });
  });

  it('leaves out what is below the level of its module, which may change', async () => {
    const { logging, connection, heard, eventually } = await scene({
      level: 'warn',
      modules: { calls: 'debug' },
    });
    await connection.get();
    logging.connect(connection);
    const say = (message: string) => {
      for (const module of ['calls', 'nats'] as const) logging.log({ level: 'debug', module, message });
    };
    say('first');
    logging.levels.set('debug', 'nats');
    say('second');
    logging.levels.set('error');
    say('third');
    logging.log({ level: 'error', module: 'nats', message: 'last' });
    await eventually(() => expect(heard.at(-1)?.message).toBe('last'));
    expect(heard.map(({ module, message }) => `${module} ${message}`)).toEqual([
      'calls first',
      'calls second',
      'nats second',
      'nats last',
    ]);
    expect(logging.stats()).toEqual({ written: { debug: 3, info: 0, warn: 0, error: 1 }, dropped: 0 });
  });

  it('keeps some lines while NATS is away, drops and counts the rest, and sends what it kept', async () => {
    const { logging, connection, heard, eventually } = await scene();
    logging.connect(connection);
    for (let index = 0; index < 5_000; index++)
      logging.log({ level: 'info', module: 'calls', message: `${index}` });
    expect(logging.stats().dropped).toBe(3_000);
    await connection.get();
    await eventually(() => expect(heard).toHaveLength(2_000));
    expect(heard.map(({ message }) => message)).toEqual(Array.from({ length: 2_000 }, (_, n) => `${n}`));
    expect(logging.stats().dropped).toBe(3_000);
  });

  it('sends what is said in the step in which it was connected, without another line after it', async () => {
    const { logging, connection, heard, eventually } = await scene();
    await connection.get();
    logging.connect(connection);
    logging.log({ level: 'info', module: 'calls', message: 'the only one' });
    logging.stats(); // takes it from what is gathered, at once
    await eventually(() => expect(heard).toHaveLength(1));
  });

  it('sends what waits before it ends, and nothing afterwards', async () => {
    const { logging, connection, heard, eventually } = await scene();
    await connection.get();
    logging.connect(connection);
    logging.log({ level: 'info', module: 'process', message: 'last words' });
    await logging.close();
    logging.log({ level: 'info', module: 'process', message: 'too late' });
    await eventually(() => expect(heard.map(({ message }) => message)).toEqual(['last words']));
    expect(logging.stats().dropped).toBe(1);
  });

  it('sends what waits when its connection is closed under it', async () => {
    const { logging, connection, heard, eventually } = await scene();
    logging.connect(connection);
    await connection.get();
    logging.log({ level: 'warn', module: 'calls', message: 'in doubt' });
    await connection.close();
    await eventually(() => expect(heard.map(({ message }) => message)).toEqual(['in doubt']));
    expect(logging.stats().dropped).toBe(0);
  });

  it('tries again, after a while and when it is connected anew, where the server refused it', async () => {
    let at = 0;
    const { logging, connection, heard, eventually } = await scene({ now: () => at });
    const nats = await connection.get();
    let refuse = (_: Error) => {};
    logging.connect({
      get current() {
        return connection.current;
      },
      onState: (listener) => connection.onState(listener),
      onServerError(listener) {
        refuse = listener;
        return () => {};
      },
    });
    const say = (message: string) => logging.log({ level: 'info', module: 'calls', message, ...about });
    const refusal = Object.assign(new Error('Permissions Violation for Publish'), {
      operation: 'publish',
      subject: 'hyperswitch.logs.calls.info.merchant_1',
    });
    refuse(refusal);
    say('refused');
    expect(logging.stats().dropped).toBe(2);
    at += 5 * 60_000;
    say('later');
    await eventually(() => expect(heard).toMatchObject([{ message: 'later' }]));
    refuse(refusal);
    say('refused again');
    expect(logging.stats().dropped).toBe(4);
    await nats.reconnect();
    await eventually(() => {
      say('connected anew');
      expect(heard.at(-1)?.message).toBe('connected anew');
    });
    expect(heard.map(({ message }) => message)).not.toContain('refused again');
  });

  it('is silent where it is not wanted', async () => {
    const { logging, connection } = await scene({ nats: false });
    await connection.get();
    logging.connect(connection);
    logging.log({ level: 'error', module: 'process', message: 'unheard' });
    expect(logging.stats()).toMatchObject({ written: { error: 1 }, dropped: 0 });
  });
});

describe('a log on standard error', () => {
  it('has the last words of a process that dies of an error', () => {
    const program = `
      import { createLogging } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
      const logging = createLogging({ name: 'test', lines: 'json', nats: false });
      logging.log({ level: 'error', module: 'process', message: 'last words' });
      throw new Error('nobody catches it');
    `;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      encoding: 'utf8',
    });
    expect(status).toBe(1);
    expect(stderr).toContain('"message":"last words"');
  });
});
