/** The documentation's programs are run, and its tables are compared with the source. */
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runConformance } from '@nats-bridge/conformance';
import { bridgeConfigSchema, NatsBridge } from '@nats-bridge/connector';
import { gatewayConfigSchema } from '@nats-bridge/gateway';
import { ERROR_CODES, OPERATIONS } from '@nats-bridge/protocol';
import { PENDING_REFUND_AMOUNT, TEST_AMOUNTS, TEST_CARDS } from '@nats-bridge/sandbox';
import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BridgeUnderTest, startBridge } from './bridge-under-test.js';
import { until } from './until.js';
import { PYTHON, ROOT, startWorkerProcess } from './worker-process.js';

const execute = promisify(execFile);
const README = readText('README.md');

function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The code block behind `<!-- example: name -->`, as a file from which the workspace's packages resolve. */
function exampleFile(folder: string, name: string): string {
  const [, code] =
    new RegExp(`<!-- example: ${name} -->\\n\`\`\`\\w+\\n([\\s\\S]*?)\\n\`\`\``).exec(README) ?? [];
  if (code === undefined) throw new Error(`README.md has no example ${name}`);
  const file = join(folder, name);
  writeFileSync(file, `${code}\n`);
  return file;
}

/** Cells of the table below a heading, back-ticks removed; the head and its rule left out. */
function tableBelow(document: string, heading: string): string[][] {
  const section = document.split(`## ${heading}\n`)[1]?.split(/\n## /)[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll(/^`|`$/g, '')),
  );
}

describe("the README's programs", () => {
  let bridge: BridgeUnderTest;
  let folder: string;

  beforeAll(async () => {
    mkdirSync(join(ROOT, '.cache'), { recursive: true });
    folder = mkdtempSync(join(ROOT, '.cache/readme-'));
    bridge = await startBridge();
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await bridge.close();
  });

  /** Go needs a module around it: the examples', which is downloaded already. */
  async function goProgram(): Promise<string> {
    exampleFile(folder, 'main.go');
    for (const file of ['go.mod', 'go.sum'])
      copyFileSync(join(ROOT, 'workers/examples/go', file), join(folder, file));
    const program = join(folder, 'worker-go');
    await execute('go', ['build', '-o', program, '.'], { cwd: folder });
    return program;
  }

  it.each([
    ['TypeScript', async () => [process.execPath, exampleFile(folder, 'worker.mjs')] as const],
    ['Python', async () => [PYTHON, exampleFile(folder, 'worker.py')] as const],
    ['Go', async () => [await goProgram()] as const],
  ])(
    'the %s worker refuses what is no request, answers payments, one after another, and keeps the contract',
    async (language, command) => {
      const worker = await startWorkerProcess(await command(), { NATS_URL: bridge.url }, 'started');
      const nats = await connect({ servers: bridge.url });
      try {
        const terminated = nats.subscribe('$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.PAYMENTS.>', {
          max: 2,
        });
        for (const body of ['{"router_data":{"attempt_id":"a"},"correlation_id":"c"}', '[]'])
          await jetstream(nats).publish('hyperswitch.payments.merchant_1.authorize', body);
        let refused = 0;
        for await (const _ of terminated) refused += 1;
        expect(refused, 'messages without headers that do not come again').toBe(2);
        for (const turn of [1, 2, 3])
          expect(await bridge.authorize(`${language}_${turn}`)).toMatchObject({
            status: 'CHARGED',
            connector_transaction_id: `my_${language}_${turn}`,
          });
        await until('every request to be acknowledged', async () => {
          const { num_ack_pending } = await bridge.jetstreamApi<{ num_ack_pending: number }>(
            'CONSUMER.INFO.PAYMENTS.hyperswitch-consumer-authorize',
          );
          return num_ack_pending === 0 ? true : undefined;
        });
        const kit = new NatsBridge({ base_url: bridge.url });
        const report = await runConformance({ bridge: kit, operations: ['authorize'], parallel: 8 });
        await kit.close();
        expect(report.findings.filter(({ finding }) => finding.result === 'broken')).toEqual([]);
        expect(report.ok).toBe(true);
      } finally {
        await nats.close();
        await worker.stop();
      }
    },
    120_000,
  );

  it('the library prints the outcome that the README shows', async () => {
    const worker = exampleFile(folder, 'worker.mjs');
    const running = await startWorkerProcess([process.execPath, worker], { NATS_URL: bridge.url }, 'started');
    try {
      const { stdout } = await execute(process.execPath, [exampleFile(folder, 'payment.mjs')], {
        env: { ...process.env, NATS_URL: bridge.url },
      });
      expect(stdout.trim()).toBe('answered CHARGED');
      expect(README).toContain('```text\nanswered CHARGED\n```');
    } finally {
      await running.stop();
    }
  });

  it('the library throws what the README names, for another amount of the same attempt', async () => {
    const worker = exampleFile(folder, 'worker.mjs');
    const running = await startWorkerProcess([process.execPath, worker], { NATS_URL: bridge.url }, 'started');
    const pay = (file: string) =>
      execute(process.execPath, [file], { env: { ...process.env, NATS_URL: bridge.url } });
    try {
      const file = exampleFile(folder, 'payment.mjs');
      expect((await pay(file)).stdout.trim()).toBe('answered CHARGED');
      expect((await pay(file)).stdout.trim()).toBe('answered CHARGED');
      const code = readFileSync(file, 'utf8').replace('minor_amount: 1250', 'minor_amount: 1251');
      writeFileSync(file, code.replace('bridge.close()', "$&.then(() => console.log('closed'))"));
      const refused = await pay(file).catch((error) => error);
      expect(refused).toMatchObject({ code: 1, stdout: 'closed\n' });
      for (const word of ['ValidationError', 'VALIDATION_ERROR']) {
        expect(refused.stderr).toContain(word);
        expect(README).toContain(`\`${word}\``);
      }
    } finally {
      await running.stop();
    }
  });
});

describe('the documentation', () => {
  it('lists every operation with its subject, methods and statuses', () => {
    const written = tableBelow(readText('docs/contract.md'), 'Operations');
    expect(written).toEqual(
      OPERATIONS.map((row) => [
        row.operation,
        row.trait,
        row.channel,
        row.methods.join(', '),
        row.movesMoney ? 'yes' : 'no',
        row.status.success === 'by_capture_method' ? 'CHARGED or AUTHORIZED' : row.status.success,
        row.status.failure,
        row.status.unknown,
      ]),
    );
  });

  it('lists every error code with its status and phase', () => {
    const written = tableBelow(readText('docs/contract.md'), 'Errors of the bridge');
    expect(written.map((cells) => cells.slice(0, 3))).toEqual(
      Object.entries(ERROR_CODES).map(([code, { statusCode, phase }]) => [code, String(statusCode), phase]),
    );
  });

  it('lists every test card and amount of the sandbox', () => {
    const document = readText('docs/sandbox.md');
    expect(tableBelow(document, 'Test cards')).toEqual(
      TEST_CARDS.map(({ number, summary, behaviour }) => [
        number,
        summary,
        behaviour.kind === 'decline' ? behaviour.decline.networkDeclineCode : '',
        behaviour.kind === 'decline' ? behaviour.decline.networkAdviceCode : '',
      ]),
    );
    expect(tableBelow(document, 'Test amounts')).toEqual([
      ...TEST_AMOUNTS.map(({ minorAmount, summary }) => [String(minorAmount), 'authorize', summary]),
      [String(PENDING_REFUND_AMOUNT), 'refund', 'pending, later refunded'],
    ]);
  });

  it('lists every configuration key with its default and environment variable', () => {
    const written = tableBelow(readText('docs/configuration.md'), 'Every key');
    const defaults = { nats_bridge: bridgeConfigSchema.parse({}), gateway: gatewayConfigSchema.parse({}) };
    const wanted = leaves(defaults).map(([key, value]) => [
      key,
      JSON.stringify(value),
      key.toUpperCase().replaceAll('.', '__'),
    ]);
    expect(written.map(([key, value, _unit, variable]) => [key, value, variable])).toEqual(wanted);
  });

  it('gives a reason for every dependency of every package', () => {
    const document = readText('docs/dependencies.md');
    const folders = ['packages', 'workers'].flatMap((parent) =>
      readdirSync(join(ROOT, parent)).map((name) => join(parent, name)),
    );
    const named = ['.', 'test', 'bench', ...folders]
      .map((path) => join(path, 'package.json'))
      .filter((path) => existsSync(join(ROOT, path)))
      .flatMap((path) => {
        const { dependencies = {}, devDependencies = {} } = JSON.parse(readText(path));
        return [...Object.keys(dependencies), ...Object.keys(devDependencies)];
      })
      .filter((name) => !name.startsWith('@nats-bridge/'));
    for (const name of new Set(named)) expect(document).toContain(`| \`${name}\` |`);
  });

  it('configures Hyperswitch alike in TOML and in environment variables', () => {
    const settings = (text: string, separator: RegExp) =>
      Object.fromEntries(
        text
          .split('\n')
          .filter((line) => /^\w+ ?=/.test(line))
          .map((line) => line.split(separator))
          .map(([key = '', value = '']) => [
            key.split('__').at(-1)?.toLowerCase(),
            value.replaceAll(/["\s]/g, '').replace('//nats-bridge:', '//localhost:'),
          ]),
      );
    const toml = settings(readText('deploy/hyperswitch/unified-connector-service.toml'), / = /);
    expect(settings(readText('deploy/hyperswitch/hyperswitch.env'), /=/)).toEqual(toml);
    const port = gatewayConfigSchema.parse({}).grpc.port;
    expect(toml).toMatchObject({ base_url: `http://localhost:${port}`, connection_timeout: '10' });
    const page = readText('docs/hyperswitch.md');
    expect(page).toContain('[grpc_client.unified_connector_service]');
    expect(settings(page, / = /)).toEqual(toml);
    // Hyperswitch reads an empty list as a list of one connector without a name, and does not start.
    for (const [key, value] of Object.entries(toml)) expect(value, key).not.toBe('');
  });

  const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  const packages = ['packages', 'workers'].flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .map((name) => `${folder}/${name}`)
      .filter((path) => existsSync(join(ROOT, path, 'package.json'))),
  );
  const documents = [
    ...['README.md', 'CONTRIBUTING.md'],
    ...pages.map((name) => `docs/${name}`),
    ...packages.map((path) => `${path}/README.md`),
  ];

  it('links only to files and headings that are there', () => {
    for (const document of documents)
      for (const [, target = '', anchor] of readText(document).matchAll(
        /\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g,
      )) {
        const file = target === '' ? document : join(document, '..', target);
        expect(existsSync(join(ROOT, file)), `${document} → ${target}`).toBe(true);
        if (anchor !== undefined && file.endsWith('.md'))
          expect(anchorsOf(readText(file)), `${document} → ${target}#${anchor}`).toContain(anchor);
      }
  });

  it.each(packages)('%s has a README that names every folder of its source, and nothing else', (path) => {
    const { name } = JSON.parse(readText(`${path}/package.json`)) as { name: string };
    const text = readText(`${path}/README.md`);
    expect(text.split('\n')[0]).toBe(`# ${name}`);
    const named = [...text.matchAll(/`(src\/[\w./-]+)`/g)].map(([, place = '']) => place);
    expect(named.filter((place) => !existsSync(join(ROOT, path, place)))).toEqual([]);
    const folders = readdirSync(join(ROOT, path, 'src'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'testing')
      .map((entry) => `src/${entry.name}`);
    expect(folders.filter((folder) => !named.includes(folder))).toEqual([]);
  });

  it('has the headings that the source cites', async () => {
    const sources = ['*.ts', '*.tsx', '*.go', '*.py'];
    const { stdout } = await execute(
      'git',
      ['grep', '-hoE', 'docs/[a-z-]+\\.md, [A-Z][A-Za-z ]+', '--', ...sources],
      {
        cwd: ROOT,
      },
    );
    const citations = stdout.trim().split('\n');
    expect(citations).toContain('docs/hyperswitch.md, How it reads an answer');
    for (const citation of new Set(citations)) {
      const [page = '', heading] = citation.split(', ');
      expect(readText(page).split('\n'), citation).toContain(`## ${heading}`);
    }
  });

  it('has every page in its index', () => {
    const index = readText('docs/README.md');
    const missing = pages.filter((name) => name !== 'README.md' && !index.includes(`](${name})`));
    expect(missing).toEqual([]);
  });
});

/** Headings as GitHub names them. */
function anchorsOf(document: string): string[] {
  const prose = document.replaceAll(/^```[\s\S]*?^```/gm, '');
  return [...prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Dotted paths and values of a tree; empty tables are left out. */
function leaves(tree: object, path: readonly string[] = []): [string, unknown][] {
  return Object.entries(tree).flatMap(([key, value]): [string, unknown][] =>
    typeof value === 'object' && value !== null
      ? leaves(value, [...path, key])
      : [[[...path, key].join('.'), value]],
  );
}
