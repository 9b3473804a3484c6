/** A stack whose workers fail, the letters of what was given up there, and who keeps them; anew for each test. */
import {
  createDeadLetters,
  type DeadLetter,
  type DeadLetters,
  type Keeper,
  type KeeperOptions,
  keepDeadLetters,
  type LetterFilter,
} from '@nats-bridge/connector';
import { storedMessages } from '@nats-bridge/messaging';
import { AUDIT_STREAM, decodeBody, type JsonObject } from '@nats-bridge/protocol';
import { createWorker, type Handler, type Handlers, type Worker } from '@nats-bridge/worker';
import { afterEach, beforeEach } from 'vitest';
import { authorizeRequest, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';

export const AUTHORIZE = 'PaymentService/Authorize';
export const ACTOR = { who: 'jo', why: 'the processor was asked' };

export const broken: Handler = () => {
  throw new TypeError('card 4242424242424242 is not a string');
};

type Audited = { action: string; who: string; why: string; what: Record<string, unknown> };

/** Called once by a test file, before its tests. */
export function deadLettersScene() {
  let stack: Stack;
  let letters: DeadLetters;
  const closers: (() => unknown)[] = [];

  beforeEach(async () => {
    stack = await startStack({
      sandbox: false,
      config: {
        request_timeout_ms: 5_000,
        timeouts: { authorize: 600 },
        jetstream: { ack_wait: 1_000, max_deliver: 2 },
      },
    });
    letters = createDeadLetters(stack.bridge);
  });
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
    letters.close();
    await stack.close();
  });

  return {
    get stack(): Stack {
      return stack;
    },
    get letters(): DeadLetters {
      return letters;
    },
    keep(options?: KeeperOptions): Keeper {
      const keeper = keepDeadLetters(stack.bridge, options);
      closers.push(() => keeper.close());
      return keeper;
    },
    async workerWith(authorize: Handler, more: Handlers = {}): Promise<Worker> {
      const worker = createWorker({ servers: stack.server.url, handlers: { authorize, ...more } });
      await worker.start();
      closers.push(() => worker.stop());
      return worker;
    },
    authorize: (attempt: string, changes: JsonObject = {}) =>
      stack.call(AUTHORIZE, authorizeRequest(attempt, changes), attempt),
    oneLetter: (filter: LetterFilter = {}): Promise<DeadLetter> =>
      until('a letter', async () => (await letters.list(filter))[0]),
    async audited(): Promise<readonly Audited[]> {
      const entries: Audited[] = [];
      for await (const { body } of storedMessages(stack.bridge.connection, AUDIT_STREAM))
        entries.push(decodeBody(body) as Audited);
      return entries;
    },
  };
}
