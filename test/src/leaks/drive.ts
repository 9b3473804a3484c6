/** Sends marked cards, credentials and names through everything, and gathers what was written down anywhere. */
import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { keepDeadLetters } from '@nats-bridge/connector';
import { digestOf } from '@nats-bridge/gateway';
import { createUcsClient } from '@nats-bridge/gateway/client';
import { newCurveSeed, publicCurveKey } from '@nats-bridge/messaging';
import type { JsonObject } from '@nats-bridge/protocol';
import { createWorker, type WorkerEvent } from '@nats-bridge/worker';
import { type Finished, runCli } from '../cli-process.js';
import { startOtlpReceiver } from '../otlp-receiver.js';
import { authorizeRequest, MERCHANT, money, startServer, startStack } from '../stack-under-test.js';
import { driveEveryMethod } from '../ucs-scenario.js';
import { until } from '../until.js';
import { openWebhookInbox } from '../webhook-inbox.js';
import { ROOT, startWorkerProcess } from '../worker-process.js';
import { backUp } from './back-up.js';
import { MARKED } from './marked.js';
import { proposeEdit } from './propose-edit.js';
import { startRecordingProxy } from './recording-proxy.js';
import { SINKS, type Sink } from './ways-out.js';

export type Gathered = {
  readonly sinks: Readonly<Record<Sink, string>>;
  /** The same through a way that is meant to show it: the search must find something there. */
  readonly raw: string;
};

const ADMIN_TOKEN = 'leak-test';
/** Another route than the scenario's, whose circuit may be open. */
const ROUTE = { 'x-connector': 'acme', 'x-api-key': MARKED.apiKey };

/** @param wanted what is gathered; others are empty, where it would take processes to fill them */
export async function drive(isSealed: boolean, wanted: readonly Sink[] = SINKS): Promise<Gathered> {
  const isWanted = (...sinks: Sink[]) => sinks.some((sink) => wanted.includes(sink));
  const folder = mkdtempSync(join(tmpdir(), 'nats-bridge-leaks-'));
  const [bridgeKey, poolKey] = [newKey(folder, 'bridge'), newKey(folder, 'pool')];
  const sealing = { seedFiles: [poolKey.file], bridges: [bridgeKey.publicKey] };
  const workerEvents: WorkerEvent[] = [];
  const [otlp, inbox, { server, dispose }] = await Promise.all([
    startOtlpReceiver(),
    openWebhookInbox(),
    startServer(),
  ]);
  const proxy = await startRecordingProxy(Number(new URL(server.url).port));
  const url = `nats://127.0.0.1:${proxy.port}`;
  const stack = await startStack({
    runningServer: { ...server, url, logFile: server.logFile },
    config: {
      request_timeout_ms: 3_000,
      timeouts: { authorize: 1_000 },
      jetstream: { max_deliver: 1, ack_wait: 3_000 },
      tracing: { endpoint: otlp.endpoint },
      approvals: { required_for: ['edit'] },
      rate_limits: {
        everybody: { requests_per_second: 100_000, per: ['merchant', 'operation', 'connector'] },
      },
      ...(isSealed && { sealing: { seed_files: [bridgeKey.file], workers: [poolKey.publicKey] } }),
    },
    logging: true,
    admin: { tokens: [{ name: 'leaks', role: 'admin', sha256: digestOf(ADMIN_TOKEN) }], rate_limit: 10_000 },
    ...(isSealed && { workerSealing: sealing }),
    onWorkerEvent: (event) => workerEvents.push(event),
  });
  const keeper = keepDeadLetters(stack.bridge);
  const answers: unknown[] = [];
  const call = async (method: string, request: JsonObject, attempt?: string, metadata = {}) => {
    const marked = withMarks(request) as JsonObject;
    const answer = await stack.call(method, marked, attempt, { 'x-api-key': MARKED.apiKey, ...metadata });
    answers.push(answer);
    return answer;
  };
  const live = new AbortController();
  const admin = adminReader(stack.httpUrl, live.signal);

  await driveEveryMethod({ call, raw: stack.raw, advance: stack.advance });
  answers.push(
    await stack
      .raw('PaymentService/Authorize', Buffer.from(`no protobuf ${MARKED.letterCard}`), ROUTE)
      .catch(String),
  );
  await stack.stopSandbox();

  const worker = createWorker({
    servers: url,
    name: 'failing',
    tracing: { endpoint: otlp.endpoint },
    logging: { level: 'debug' },
    ...(isSealed && { sealing }),
    handlers: {
      authorize: async ({ router_data }) => {
        if (router_data.attempt_id === 'att_late') {
          await new Promise((resolve) => setTimeout(resolve, 1_500));
          return { status: 'success', transaction_id: 'txn_late' };
        }
        // As processors' SDKs do: the whole request in message and fields.
        const text = JSON.stringify(router_data);
        throw Object.assign(new Error(`the processor is down: ${text}`), { request: router_data });
      },
      sync: () => {
        throw new Error('the processor is down');
      },
    },
    onEvent: (event) => {
      // What a handler throws is handed to its author, and to nobody else.
      workerEvents.push(event.type === 'handler_failed' ? { ...event, error: undefined } : event);
    },
  });
  await worker.start();
  const authorize = (attempt: string, card: string) =>
    call(
      'PaymentService/Authorize',
      authorizeRequest(attempt, { webhook_url: inbox.url }, card),
      attempt,
      ROUTE,
    );
  await authorize('att_letter', MARKED.letterCard);
  const question = { connector_transaction_id: 'txn_1', amount: money(1_250) };
  await call('PaymentService/Get', question, 'att_asked', ROUTE);
  const proposal = await proposeEdit(admin);
  await authorize('att_late', MARKED.lateCard);
  await until('the late answer to be pushed', () => (inbox.received.length > 0 ? true : undefined));
  const letter = await until('the letter', async () => {
    const { items } = JSON.parse(await admin.get('/letters?queue=interventions')) as {
      items: { name: string }[];
    };
    return items[0];
  });
  const micro = await (await stack.nats()).request('$SRV.STATS.failing');
  const shown = await readAdmin(admin, letter.name, proposal);
  const raw = await admin.get(`${requestOf(shown.payment)}?raw=true&reason=leak+test`);
  const env = {
    NATS_BRIDGE__BASE_URL: url,
    NATS_BRIDGE__JETSTREAM__NUM_REPLICAS: '1',
    NATS_BRIDGE__APPROVALS__REQUIRED_FOR: 'edit',
    ...(isSealed && {
      NATS_BRIDGE__SEALING__SEED_FILES: bridgeKey.file,
      NATS_BRIDGE__SEALING__WORKERS: poolKey.publicKey,
    }),
  };
  const lines = isWanted('log lines')
    ? await ownLines(env, authorizeRequest('att_process', {}, MARKED.letterCard))
    : '';
  const backupFolder = join(mkdtempSync(join(tmpdir(), 'nats-bridge-leaks-')), 'backups');
  const printed = isWanted('cli', 'backups')
    ? await printedByCommands({ env, backupFolder, letter: letter.name, proposal })
    : [];
  const logged = await Promise.all(
    (isWanted('log stream') ? [['logs'], ['logs', '--json']] : []).map((args) =>
      runCli([...args, '--since', '1h'], env),
    ),
  );
  const metrics = [await (await fetch(`${stack.httpUrl}/metrics`)).text(), await worker.metrics()];
  const backups = isWanted('backups') ? await backUp(stack.bridge.connection) : undefined;
  live.abort();
  await keeper.close();
  await worker.stop();
  await stack.close();
  const text = (value: unknown) => inspect(value, { depth: 12, maxStringLength: null, maxArrayLength: null });
  const sinks: Record<Sink, string> = {
    wire: proxy.text(),
    streams: textIn(server.logFile.replace(/[^/]+$/, '')),
    backups: backups === undefined ? '' : [...backups.values(), textIn(backupFolder)].join('\n'),
    'server log': readFileSync(server.logFile, 'utf8'),
    'bridge events': text(stack.events),
    'worker events': text(workerEvents),
    warnings: stack.warnings.join('\n') || 'none',
    cli: printed.map(({ stdout, stderr }) => stdout + stderr).join('\n'),
    'log stream': logged.map(({ stdout, stderr }) => stdout + stderr).join('\n'),
    'log lines': lines,
    metrics: metrics.join('\n'),
    traces: otlp.text(),
    'micro service': micro.string(),
    'admin api': [...shown.all, admin.live()].join('\n'),
    webhooks: inbox.received.map(({ headers, body }) => `${JSON.stringify(headers)}\n${body}`).join('\n'),
    answers: JSON.stringify(answers),
  };
  await Promise.all([otlp.close(), inbox.close(), proxy.close()]);
  await dispose();
  return { sinks, raw };
}

/** What commands print that read a letter, a proposal to edit it, records and backups. */
async function printedByCommands({
  env,
  backupFolder,
  letter,
  proposal,
}: {
  readonly env: Readonly<Record<string, string>>;
  readonly backupFolder: string;
  readonly letter: string;
  readonly proposal: string;
}): Promise<readonly Finished[]> {
  const printed = await Promise.all(
    [
      ['dlq', 'list'],
      ['dlq', 'list', '--json'],
      ['dlq', 'show', letter],
      ['dlq', 'show', 'd999'],
      ['dlq', 'approvals'],
      ['dlq', 'approvals', proposal],
      ['ledger', MERCHANT, 'authorize:att_late'],
      ['ledger', MERCHANT, 'authorize:att_late', '--json'],
      ['audit', 'list'],
      ['doctor'],
      ['backup', 'create', backupFolder],
      ['backup', 'create', backupFolder, '--json'],
    ].map((args) => runCli(args, env)),
  );
  const readAgain = [
    ['replay', '--json'],
    ['reconcile', '--json', '--reason', 'leak test', '--rate', '1000'],
  ];
  const asConfigured = {
    ...env,
    NATS_BRIDGE__JETSTREAM__MAX_DELIVER: '1',
    NATS_BRIDGE__JETSTREAM__ACK_WAIT: '3000',
    NATS_BRIDGE__REQUEST_TIMEOUT_MS: '1000',
  };
  for (const args of readAgain) {
    const finished = await runCli(args, asConfigured);
    if (finished.code === 1) throw new Error(finished.stderr);
    printed.push(finished);
  }
  return printed;
}

/** What the commands write to standard error while a marked payment, and bytes that are none, pass through them. */
async function ownLines(env: Readonly<Record<string, string>>, request: JsonObject): Promise<string> {
  const anyPorts = { GATEWAY__GRPC__PORT: '0', GATEWAY__HTTP__PORT: '0' };
  const gateway = await startWorkerProcess(
    [process.execPath, join(ROOT, 'packages/cli/dist/main.js'), 'serve'],
    { ...env, ...anyPorts, NATS_BRIDGE__TIMEOUTS__AUTHORIZE: '1000', NATS_BRIDGE__LOGGING__LEVEL: 'debug' },
    'for Hyperswitch',
  );
  const [address = ''] = /http:\S+(?= for Hyperswitch)/.exec(gateway.printed()) ?? [];
  const client = createUcsClient(address, {
    connector: 'acme',
    merchantId: MERCHANT,
    apiKey: MARKED.apiKey,
  });
  try {
    // Its worker fails, so that it ends in doubt.
    const metadata = { 'x-resource-id': 'att_process', 'x-reference-id': 'pay_of_att_process' };
    await client.call('PaymentService/Authorize', withMarks(request) as JsonObject, { metadata });
    await until('its line', () => (gateway.printed().includes('att_process') ? true : undefined));
  } finally {
    client.close();
    await gateway.terminate();
  }
  return gateway.printed();
}

type AdminReader = {
  get(path: string): Promise<string>;
  post(path: string, order: object): Promise<string>;
  live(): string;
};

function adminReader(httpUrl: string, signal: AbortSignal): AdminReader {
  const headers = { Authorization: `Bearer ${ADMIN_TOKEN}` };
  const get = async (path: string) => (await fetch(`${httpUrl}/admin/v1${path}`, { headers })).text();
  const post = async (path: string, order: object) => {
    const init = { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' } };
    return (await fetch(`${httpUrl}/admin/v1${path}`, { ...init, body: JSON.stringify(order) })).text();
  };
  let live = '';
  void fetch(`${httpUrl}/admin/v1/live`, { headers, signal })
    .then(async ({ body }) => {
      for await (const chunk of body as AsyncIterable<Uint8Array>) live += Buffer.from(chunk).toString();
    })
    .catch(() => {}); // it ends with the run
  return { get, post, live: () => live };
}

/** Everything that it shows of the payments without being asked for it whole. */
async function readAdmin({ get }: AdminReader, letter: string, proposal: string) {
  const payment = await get(`/payments/${MERCHANT}/pay_of_att_late`);
  const paths = [
    '/overview',
    '/payments?limit=500',
    '/payments.csv',
    '/letters',
    `/letters/${letter}`,
    '/approvals',
    `/approvals/${proposal}`,
    requestOf(payment),
    '/workers',
    '/streams',
    '/breakers',
    '/audit',
    '/settings',
    '/log-levels',
  ];
  return { payment, all: [payment, ...(await Promise.all(paths.map(get)))] };
}

function requestOf(payment: string): string {
  const { timeline } = JSON.parse(payment) as {
    timeline: { kind: string; source: { stream: string; seq: number } }[];
  };
  const { source } = timeline.find(({ kind }) => kind === 'requested') ?? { source: { stream: '', seq: 0 } };
  return `/messages/${source.stream}/${source.seq}`;
}

/** The scenario's requests with the marks in the place of what it has. */
function withMarks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMarks);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      if (name === 'card_cvc') return [name, MARKED.cvc];
      if (name === 'card_holder_name') return [name, MARKED.holder];
      return [name, withMarks(part)];
    }),
  );
}

function textIn(path: string): string {
  return readdirSync(path)
    .map((name) => join(path, name))
    .map((file) => (statSync(file).isDirectory() ? textIn(file) : readFileSync(file, 'latin1')))
    .join('\n');
}

function newKey(folder: string, name: string): { readonly file: string; readonly publicKey: string } {
  const seed = newCurveSeed();
  const file = join(folder, `${name}.xk`);
  writeFileSync(file, seed.reveal(), { mode: 0o600 });
  return { file, publicKey: publicCurveKey(seed) };
}
