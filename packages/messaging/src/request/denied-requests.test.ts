/** The server denies a publication by its subject alone: which of those under way it means, it does not say. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { obtainNatsServer } from '../embedded/obtain-nats-server.js';
import { spawnServer } from '../embedded/server-process.js';
import { connectionForTest } from '../testing/broker.js';
import { until } from '../testing/until.js';
import type { RequestMessage } from './reply.js';
import { createRequester } from './requester.js';

const SUBJECT = 'work.m.capture';

/** One that is told to deny the bridge more while it is connected. */
async function serverThatWillDeny() {
  const runDir = mkdtempSync(join(tmpdir(), 'nats-bridge-denying-'));
  const configFile = join(runDir, 'nats-server.conf');
  const configure = (permissions: string) =>
    writeFileSync(
      configFile,
      `listen: "127.0.0.1:-1"
      http: "127.0.0.1:-1"
      ports_file_dir: "${runDir}"
      authorization { users: [ { user: worker, password: x }, { user: bridge, password: x${permissions} } ] }`,
    );
  configure('');
  const { path } = await obtainNatsServer();
  const server = await spawnServer({ binary: path, configFile, runDir, logFile: join(runDir, 'log') });
  onTestFinished(async () => {
    await server.end('SIGKILL');
    rmSync(runDir, { recursive: true, force: true });
  });
  return {
    as: (user: string) => connectionForTest(`nats://${user}:x@127.0.0.1:${server.port}`),
    deny(subjects: readonly string[]) {
      configure(`, permissions: { publish: { deny: ${JSON.stringify(subjects)} } }`);
      process.kill(server.pid, 'SIGHUP');
    },
  };
}

function message(id: string): RequestMessage {
  const deadlineAt = Date.now() + 10_000;
  return { subject: SUBJECT, body: new Uint8Array(), headers: {}, msgId: id, correlationId: id, deadlineAt };
}

it('is in doubt about all of a subject, unless only one of them can be meant', async () => {
  const server = await serverThatWillDeny();
  const heard: string[] = [];
  const worker = await server.as('worker').get();
  worker.subscribe(SUBJECT, {
    callback: (_, { headers }) => void heard.push(headers?.get('Nats-Msg-Id') ?? ''),
  });
  await worker.flush();
  const connection = server.as('bridge');
  const requester = createRequester(connection, { pubAckTimeoutMs: 10_000 });
  onTestFinished(() => requester.close());
  const first = requester.requestDurable(message('first'));
  await until('it is heard', () => heard.includes('first'));

  let isDenied = false;
  connection.onServerError(() => {
    isDenied = true;
  });
  server.deny(['probe', SUBJECT]);
  await until('the server denies', () => {
    connection.current?.publish('probe');
    return isDenied;
  });
  const second = requester.requestDurable(message('second'));
  const inDoubt = { code: 'PERMISSION_DENIED', phase: 'sent_unknown' };
  expect(await Promise.allSettled([first, second])).toMatchObject([
    { status: 'rejected', reason: inDoubt },
    { status: 'rejected', reason: inDoubt },
  ]);
  await expect(requester.requestDurable(message('third'))).rejects.toMatchObject({
    code: 'PERMISSION_DENIED',
    phase: 'before_send',
  });
  expect(heard).toEqual(['first']);
});
