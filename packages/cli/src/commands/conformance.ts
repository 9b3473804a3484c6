/** `nats-bridge conformance`: does a worker keep the contract? */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ConformanceReport,
  KNOWN_OPERATIONS,
  LAST_RULE,
  RULES,
  type Rule,
  type RuleFinding,
  readRequestFile,
  runConformance,
} from '@nats-bridge/conformance';
import type { BridgeConfigInput } from '@nats-bridge/connector';
import { startEmbeddedServer } from '@nats-bridge/messaging';
import { isOperation, type Operation } from '@nats-bridge/protocol';
import { Command, InvalidArgumentError, Option } from 'commander';
import { readSettingsHere, withServerOptions } from '../installation/settings.js';
import { withBridge } from '../installation/with-bridge.js';
import type { CommandOptions } from '../options/command-options.js';
import { positive, wholeNumber } from '../options/number-option.js';
import { mark, paint, progress, table } from '../output/terminal.js';
import { superviseSandbox } from '../running/supervise-sandbox.js';

type Options = CommandOptions & {
  operation: readonly Operation[];
  merchant: string;
  requests?: string;
  embedded: 'sandbox' | 'none';
  pid?: number;
  timeout: number;
  parallel: number;
  rules?: boolean;
};

export function conformanceCommand(): Command {
  return withServerOptions(new Command('conformance'))
    .summary('find out whether a worker keeps the contract')
    .description(
      'Plays the bridge against whatever worker is there, rule by rule, with requests of its own in test mode. Run it where payments are not real. Exit code 0: no rule is broken; 1: one is, or no worker is there.',
    )
    .option('--operation <names>', 'operations, separated by commas', operationsOf, ['authorize'])
    .option('--merchant <id>', 'in whose name requests are sent', 'conformance')
    .option(
      '--requests <file>',
      'JSON: {connector, connector_auth_type, requests: {operation: {…}}, declined: {operation: {…}}}, laid over the requests that the kit makes',
    )
    .addOption(
      new Option('--embedded <what>', 'start a NATS server and the sandbox worker here, and look at that')
        .choices(['sandbox', 'none'])
        .default('none'),
    )
    .option('--pid <id>', "the worker's process on this machine: it is stopped at the end", wholeNumber)
    .option('--timeout <ms>', 'how long an answer may take', positive, 5_000)
    .option('--parallel <n>', 'requests at once, where many are sent', wholeNumber, 32)
    .option('--rules', 'list the rules instead, with what each demands')
    .option('--json', 'end with one JSON object: {ok, workers, passed, failed, not_tried}')
    .action(async (options: Options) => {
      if (options.rules) return console.log(ruleTable());
      const report = await (options.embedded === 'sandbox' ? lookAtSandbox(options) : look(options));
      if (options.json) console.log(JSON.stringify(summaryOf(report)));
      else console.log(findingTable(report));
      process.exitCode = report.ok ? 0 : 1;
    });
}

function look(options: Options, config: BridgeConfigInput = {}, pid = options.pid) {
  return withBridge({ ...readSettingsHere(options).bridge, ...config }, (bridge) =>
    runConformance({
      bridge,
      operations: options.operation,
      merchantId: options.merchant,
      requests: options.requests === undefined ? undefined : readRequestFile(options.requests),
      waitMs: options.timeout,
      parallel: options.parallel,
      pid,
      onFinding: ({ operation, rule, finding }) => {
        if (finding.result !== 'not_demanded')
          progress(`${operation} ${rule.name}: ${WORDS[finding.result]}`);
      },
    }),
  );
}

async function lookAtSandbox(options: Options): Promise<ConformanceReport> {
  const storeDir = mkdtempSync(join(tmpdir(), 'nats-bridge-conformance-'));
  const { bridge: config, file } = readSettingsHere(options);
  const server = await startEmbeddedServer({ storeDir, onProgress: progress });
  try {
    const own = { ...config, base_url: server.url };
    await withBridge(own, (bridge) => bridge.prepare());
    const sandbox = superviseSandbox(own, file);
    try {
      await sandbox.ready;
      return await look(options, { base_url: server.url }, sandbox.pid());
    } finally {
      await sandbox.stop();
    }
  } finally {
    await server.stop();
    rmSync(storeDir, { recursive: true, force: true });
  }
}

const WORDS = {
  kept: 'kept',
  broken: 'broken',
  not_tried: 'not tried',
  not_demanded: 'not demanded',
} as const;

/** Rules down, operations across; below it what to know of each mark that is no tick. */
function findingTable({ findings, workers, ok }: ConformanceReport): string {
  const operations = workers.map(({ operation }) => operation);
  const rules = [...new Set(findings.map(({ rule }) => rule))];
  const cellOf = (rule: Rule, operation: Operation) => {
    const found = findings.find((one) => one.rule === rule && one.operation === operation);
    return found === undefined ? '' : MARKS[found.finding.result];
  };
  const rows = rules.map((rule) => [rule.name, ...operations.map((operation) => cellOf(rule, operation))]);
  const kinds = workers.map(({ worker }) => worker?.kind ?? 'nobody');
  return [
    table(['rule', ...operations], [['worker', ...kinds], ...rows]),
    '',
    ...rules.flatMap((rule) =>
      remarks(
        rule,
        findings.filter((found) => found.rule === rule),
      ),
    ),
    `${counts(findings)}\n${ok ? `${mark.ok()} keeps the contract` : `${mark.failed()} does not keep the contract`}`,
  ].join('\n');
}

const MARKS = { kept: '✓', broken: '✗', not_tried: '?', not_demanded: '·' } as const;

/** One for each reason, with all operations that it was found in. */
function remarks(rule: Rule, findings: readonly RuleFinding[]): string[] {
  const reasons = new Map<
    string,
    { readonly result: 'broken' | 'not_tried'; readonly operations: Operation[] }
  >();
  for (const { operation, finding } of findings) {
    if (!('why' in finding)) continue;
    const reason = reasons.get(finding.why) ?? { result: finding.result, operations: [] };
    reason.operations.push(operation);
    reasons.set(finding.why, reason);
  }
  return [...reasons].flatMap(([why, { result, operations }]) =>
    result === 'broken'
      ? [
          `${mark.failed()} ${rule.name} (${operations.join(', ')}): ${why}`,
          `  A worker ${rule.demands}.`,
          `  To mend it: ${rule.mend}.`,
          `  ${paint('dim', rule.paragraph)}\n`,
        ]
      : [`${mark.warning()} ${rule.name} (${operations.join(', ')}) was not tried: ${why}\n`],
  );
}

/** The marks' meaning stands beside their number. */
function counts(findings: readonly RuleFinding[]): string {
  return (['kept', 'broken', 'not_tried', 'not_demanded'] as const)
    .map((result) => {
      const number = findings.filter(({ finding }) => finding.result === result).length;
      return `${MARKS[result]} ${number} ${WORDS[result]}`;
    })
    .join('   ');
}

function summaryOf({ ok, workers, findings }: ConformanceReport): object {
  const of = (result: RuleFinding['finding']['result']) =>
    findings.filter(({ finding }) => finding.result === result);
  const why = ({ finding }: RuleFinding) => ('why' in finding ? finding.why : undefined);
  return {
    ok,
    workers: Object.fromEntries(workers.map(({ operation, worker }) => [operation, worker?.kind ?? null])),
    passed: of('kept').map(({ operation, rule }) => ({ rule: rule.name, operation })),
    failed: of('broken').map((found) => ({
      rule: found.rule.name,
      operation: found.operation,
      why: why(found),
      paragraph: found.rule.paragraph,
      mend: found.rule.mend,
    })),
    not_tried: of('not_tried').map((found) => ({
      rule: found.rule.name,
      operation: found.operation,
      why: why(found),
    })),
  };
}

function ruleTable(): string {
  return table(
    ['rule', 'of', 'demands that a worker …'],
    [...RULES, LAST_RULE].map(({ name, of, demands }) => [
      name,
      of.length === 4 ? 'all' : of.join(', '),
      demands,
    ]),
  );
}

function operationsOf(text: string): readonly Operation[] {
  return text.split(',').map((name) => {
    if (isOperation(name)) return name;
    throw new InvalidArgumentError(
      `${JSON.stringify(name)} is no operation: docs/contract.md lists them; requests are known for ${KNOWN_OPERATIONS.join(', ')}`,
    );
  });
}
