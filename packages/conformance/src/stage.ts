/** What a rule plays with: makes requests of one operation, sends them as the bridge would, and reads the answers. */
import { randomUUID } from 'node:crypto';
import { type NatsBridge, poolOf, subjectTemplateOf } from '@nats-bridge/connector';
import {
  answerSubject,
  type BridgeRequest,
  buildRequestHeaders,
  encodeBody,
  idempotencyKey,
  mergePatch,
  type Operation,
  operationRow,
  type RouterData,
  recordSubject,
  subjectFor,
  webhookSubject,
} from '@nats-bridge/protocol';
import { type Answer, createReadAnswer, textIn } from './answer.js';
import type { Conversation } from './conversation.js';
import { type Answered, isAnswer } from './heard.js';
import { newAttemptId, type RequestFile, requestKindOf, routerDataOf } from './requests.js';
import type { Letter, Sent, Wire } from './wire.js';
import type { FoundWorker, WorkerKind } from './worker-kind.js';

/** A request of an operation, not yet sent. */
export type Call = {
  readonly operation: Operation;
  readonly data: RouterData;
  /** Where an answer may be recorded; undefined for questions. */
  readonly recordKey: string | undefined;
};

/** How the message of a call differs from an ordinary one. */
export type Difference = {
  readonly deadlineAt?: number;
  readonly contentType?: 'application/json' | 'application/msgpack';
  /** Laid over the request message as a merge patch. */
  readonly envelope?: object;
  /** Done to the finished message. */
  readonly rewrite?: (letter: Letter) => Letter | Promise<Letter>;
};

export type Asked = Sent & { readonly call: Call; readonly correlationId: string };

export type Stage = {
  readonly operation: Operation;
  readonly worker: FoundWorker;
  readonly wire: Wire;
  readonly bridge: NatsBridge;
  /** How long an answer may take. */
  readonly waitMs: number;
  /** Requests at once, where many are sent. */
  readonly parallel: number;
  /** The worker's process, where it may be stopped. */
  readonly pid: number | undefined;
  /** A new request; what has to happen before it has happened. @throws CannotAskError */
  newCall(changes?: object): Promise<Call>;
  send(call: Call, difference?: Difference): Promise<Asked>;
  /** @returns undefined when none came in time */
  answerTo(asked: Asked, withinMs?: number): Promise<Answer | undefined>;
  /** A new request and its answer. */
  ask(changes?: object): Promise<{ readonly asked: Asked; readonly answer: Answer | undefined }>;
  /** What the worker says of a payment now; undefined where it cannot be asked. */
  sync(transactionId: string): Promise<Answer | undefined>;
  /** Whether anybody is there for the operation now. */
  isThere(): Promise<boolean>;
  /** What a processor should decline, from the kit and from the file. */
  readonly declined: readonly object[];
};

/** What has to happen before a request did not happen. */
export class CannotAskError extends Error {
  override readonly name = 'CannotAskError';
}

export type StageOptions = {
  readonly bridge: NatsBridge;
  readonly wire: Wire;
  readonly merchantId: string;
  readonly requests: RequestFile;
  readonly waitMs: number;
  readonly parallel: number;
  readonly pid: number | undefined;
  /** @returns undefined when nobody is there for the operation */
  readonly find: (operation: Operation) => Promise<FoundWorker | undefined>;
};

export function createStage(operation: Operation, worker: FoundWorker, options: StageOptions): Stage {
  const { bridge, wire, merchantId, requests, waitMs } = options;
  const { config, sealing } = bridge;
  const pool = poolOf(config, merchantId);
  const instance = `conformance-${randomUUID()}`;
  const readAnswer = createReadAnswer(bridge);
  const row = operationRow(operation);

  function subjectOf(of: Operation): string {
    return operationRow(of).channel === 'webhooks'
      ? webhookSubject(merchantId, requests.connector, pool)
      : subjectFor(subjectTemplateOf(config, of, pool), merchantId);
  }

  async function newCall(changes: object = {}): Promise<Call> {
    const kind = requestKindOf(operation, requests);
    const patch = requests.requests[operation] ?? {};
    const brought = 'connector_transaction_id' in patch || 'connector_transaction_id' in changes;
    const transactionId = kind.needs === undefined || brought ? '' : await transactionOf(kind.needs);
    return callOf(operation, kind.request, transactionId, [patch, changes]);
  }

  function callOf(
    of: Operation,
    request: (attemptId: string, transactionId: string) => object,
    transactionId: string,
    patches: readonly object[],
  ): Call {
    const attemptId = newAttemptId();
    const patched = patches.reduce<unknown>(mergePatch, request(attemptId, transactionId));
    const data = routerDataOf(of, { merchantId, attemptId }, patched as RouterData['request'], requests);
    return { operation: of, data, recordKey: idempotencyKey(of, data) };
  }

  async function transactionOf(needs: { operation: Operation; request: object }): Promise<string> {
    const found = await options.find(needs.operation);
    if (found === undefined)
      throw new CannotAskError(
        `${operation} needs a payment, and no worker answers ${needs.operation}: start one, or name a connector_transaction_id in the file of --requests`,
      );
    const { request } = requestKindOf(needs.operation, requests);
    const patches = [requests.requests[needs.operation] ?? {}, needs.request];
    const asked = await sendAs(found.kind, callOf(needs.operation, request, '', patches));
    const answer = await answerTo(asked);
    const id = textIn(answer, 'transaction_id');
    if (id !== undefined && textIn(answer, 'status') !== 'failure') return id;
    throw new CannotAskError(`${operation} needs a payment, and ${needs.operation} gave no transaction_id`);
  }

  function sendAs(kind: WorkerKind, call: Call, difference: Difference = {}): Promise<Asked> {
    const { data, recordKey } = call;
    const correlationId = randomUUID();
    const isStored = kind !== 'core' && operationRow(call.operation).channel === 'payments';
    const contentType = difference.contentType ?? 'application/json';
    const message: BridgeRequest = {
      operation: call.operation,
      merchant_id: merchantId,
      payment_id: data.payment_id,
      router_data: data,
      metadata: { connector: data.connector },
      correlation_id: correlationId,
      timestamp: Math.floor(Date.now() / 1_000),
    };
    const plain: Letter = {
      subject: subjectOf(call.operation),
      body: encodeBody(mergePatch(message, difference.envelope ?? {}), contentType),
      headers: buildRequestHeaders({
        merchantId,
        paymentId: data.payment_id,
        idempotencyKey: recordKey ?? `${call.operation}:${correlationId}`,
        testMode: true,
        correlationId,
        operation: call.operation,
        deadlineAt: difference.deadlineAt ?? Date.now() + waitMs,
        contentType,
        ...(isStored && {
          replyTo:
            recordKey === undefined
              ? answerSubject(merchantId, call.operation, instance, correlationId)
              : recordSubject(merchantId, recordKey),
        }),
      }),
    };
    return deliver(plain);

    async function deliver(letter: Letter): Promise<Asked> {
      const rewritten = (await difference.rewrite?.(letter)) ?? letter;
      const sealed = sealing.sealRequest(merchantId, rewritten);
      const sent = await (isStored ? wire.sendStored(sealed) : wire.sendCore(sealed));
      return { ...sent, call, correlationId };
    }
  }

  async function answerTo(asked: Asked, withinMs = waitMs): Promise<Answer | undefined> {
    const heard = await firstAnswer(asked, withinMs);
    const key = asked.call.recordKey ?? `${asked.call.operation}:${asked.correlationId}`;
    return heard && readAnswer(heard, { merchantId, key });
  }

  const stage: Stage = {
    operation,
    worker,
    wire,
    bridge,
    waitMs,
    parallel: options.parallel,
    pid: options.pid,
    newCall,
    send: (call, difference) => sendAs(row.channel === 'webhooks' ? 'core' : worker.kind, call, difference),
    answerTo,
    async ask(changes) {
      const asked = await stage.send(await newCall(changes));
      return { asked, answer: await answerTo(asked) };
    },
    async sync(connector_transaction_id) {
      const found = await options.find('sync');
      if (found === undefined) return undefined;
      const { request } = requestKindOf('sync', requests);
      const patches = [requests.requests.sync ?? {}, { connector_transaction_id }];
      return answerTo(await sendAs(found.kind, callOf('sync', request, connector_transaction_id, patches)));
    },
    isThere: async () => (await options.find(operation)) !== undefined,
    declined: [
      ...(requests.declined[operation] ? [requests.declined[operation]] : []),
      ...requestKindOf(operation, requests).declined,
    ],
  };
  return stage;
}

function firstAnswer(conversation: Conversation, withinMs: number): Promise<Answered | undefined> {
  return conversation.until((heard) => heard.find(isAnswer), withinMs);
}
