/** The whole run: each rule on each operation, what was found, and the report of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type NatsBridge, poolOf, subjectTemplateOf } from '@nats-bridge/connector';
import { type Operation, operationRow, subjectFor, webhookSubject } from '@nats-bridge/protocol';
import { type RequestFile, requestFileSchema, requestKindOf } from './requests.js';
import { broken, type Finding, notTried, type Rule } from './rule.js';
import { FIRST_RULE, LAST_RULE, RULES } from './rules/index.js';
import { CannotAskError, createStage, type Stage, type StageOptions } from './stage.js';
import { openWire } from './wire.js';
import { type FoundWorker, findWorker } from './worker-kind.js';

export type ConformanceOptions = {
  /** Whose NATS, streams and sealing keys are used. */
  readonly bridge: NatsBridge;
  readonly operations: readonly Operation[];
  /** In whose name requests are sent; `conformance` unless told otherwise. */
  readonly merchantId?: string;
  readonly requests?: RequestFile;
  /** How long an answer may take, in milliseconds; 5000. */
  readonly waitMs?: number;
  /** Requests at once, where many are sent; 32. */
  readonly parallel?: number;
  /** The worker's process on this machine: it is stopped at the end, to see how it does that. */
  readonly pid?: number;
  readonly onFinding?: (found: RuleFinding) => void;
};

export type RuleFinding = {
  readonly operation: Operation;
  readonly rule: Rule;
  readonly finding: Finding | { readonly result: 'not_demanded' };
};

export type ConformanceReport = {
  /** Every operation was answered, and no rule was broken. */
  readonly ok: boolean;
  readonly workers: readonly { readonly operation: Operation; readonly worker: FoundWorker | undefined }[];
  readonly findings: readonly RuleFinding[];
};

/** @throws Error when an operation has no request to be asked with, or NATS cannot be reached */
export async function runConformance(options: ConformanceOptions): Promise<ConformanceReport> {
  const { bridge, operations, merchantId = 'conformance', onFinding = () => {} } = options;
  const requests = options.requests ?? requestFileSchema.parse({});
  for (const operation of operations) requestKindOf(operation, requests);
  await bridge.prepare();
  const wire = await openWire(bridge, merchantId);
  const stageOptions: StageOptions = {
    bridge,
    wire,
    merchantId,
    requests,
    waitMs: options.waitMs ?? 5_000,
    parallel: options.parallel ?? 32,
    pid: options.pid,
    find: (operation) => findWorkerOf(bridge, merchantId, operation, requests.connector),
  };
  const findings: RuleFinding[] = [];
  const workers: { operation: Operation; worker: FoundWorker | undefined }[] = [];
  const stages: Stage[] = [];

  async function tryRule(rule: Rule, stage: Stage): Promise<Finding['result'] | 'not_demanded'> {
    const { operation } = stage;
    const isDemanded =
      rule.of.includes(stage.worker.kind) && (rule.requests === 'all' || operationRow(operation).movesMoney);
    const finding = isDemanded ? await check(rule, stage) : ({ result: 'not_demanded' } as const);
    const found = { operation, rule, finding };
    findings.push(found);
    onFinding(found);
    return finding.result;
  }

  function notReached(rule: Rule, operation: Operation, finding: Finding): void {
    const found = { operation, rule, finding };
    findings.push(found);
    onFinding(found);
  }

  try {
    for (const operation of operations) {
      const worker = await findSoon(() => stageOptions.find(operation));
      workers.push({ operation, worker });
      if (worker === undefined) {
        notReached(FIRST_RULE, operation, broken('nobody is there: no worker of this operation runs'));
        continue;
      }
      const stage = createStage(operation, worker, stageOptions);
      const answers = await tryRule(FIRST_RULE, stage);
      for (const rule of RULES.slice(1))
        if (answers === 'kept') await tryRule(rule, stage);
        else
          notReached(
            rule,
            operation,
            notTried(`it says nothing that could be looked at: see ${FIRST_RULE.name}`),
          );
      if (answers === 'kept') stages.push(stage);
    }
    const last = stages.at(-1);
    if (last !== undefined) await tryRule(LAST_RULE, last);
  } finally {
    await wire.close();
  }
  const ok =
    stages.length === operations.length && findings.every(({ finding }) => finding.result !== 'broken');
  return { ok, workers, findings };
}

/** One that has just been started may not be seen at once. */
const SEEN_WITHIN_MS = 3_000;
const LOOK_EVERY_MS = 100;

async function findSoon(find: () => Promise<FoundWorker | undefined>): Promise<FoundWorker | undefined> {
  const until = Date.now() + SEEN_WITHIN_MS;
  for (;;) {
    const found = await find();
    if (found !== undefined || Date.now() > until) return found;
    await sleep(LOOK_EVERY_MS);
  }
}

async function check(rule: Rule, stage: Stage): Promise<Finding> {
  try {
    return await rule.check(stage);
  } catch (error) {
    if (error instanceof CannotAskError) return notTried(error.message);
    throw error;
  }
}

function findWorkerOf(
  { connection, config }: NatsBridge,
  merchantId: string,
  operation: Operation,
  connector: string,
): Promise<FoundWorker | undefined> {
  const pool = poolOf(config, merchantId);
  const isWebhook = operationRow(operation).channel === 'webhooks';
  return findWorker(connection, {
    operation,
    pool,
    subject: isWebhook
      ? webhookSubject(merchantId, connector, pool)
      : subjectFor(subjectTemplateOf(config, operation, pool), merchantId),
    stream: config.jetstream.stream_name,
    isDurable: config.jetstream_enabled && !isWebhook,
  });
}
