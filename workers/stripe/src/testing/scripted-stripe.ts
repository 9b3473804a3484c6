/**
 * An HTTP server that plays Stripe for what localstripe lacks. It holds no state: each test says what is answered, in
 * the shapes of Stripe's API reference. Nothing here was recorded from a live account.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BridgeRequest, BridgeResponse, Operation } from '@nats-bridge/protocol';
import type { HandlerContext } from '@nats-bridge/worker';
import { allHandlers } from '../handlers/all-handlers.js';
import { asUcs } from './as-ucs.js';

export type Sent = {
  /** `POST /v1/refunds`, without the query. */
  readonly call: string;
  readonly query: URLSearchParams;
  readonly form: Readonly<Record<string, string>>;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

export type Answer =
  | { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body: object }
  /** Never answers, or drops the connection after the request was read. */
  | 'silence'
  | 'reset';

export type ScriptedStripe = {
  readonly url: string;
  /** What came since the last script, in order. */
  readonly sent: Sent[];
  /** Answers by call; the last of several is repeated. */
  script(answers: Readonly<Record<string, Answer | readonly Answer[]>>): void;
  /** Runs one operation of the worker against this server; its answer can be said in UCS. */
  run(operation: Operation, request: object, changes?: Partial<Run>): Promise<BridgeResponse>;
  close(): Promise<void>;
};

type Run = {
  readonly attempt: number;
  readonly deadlineInMs: number;
  readonly key: string;
  readonly auth: Record<string, unknown>;
  readonly refundId: string;
  readonly ageHours: number;
  /** How long ago an earlier attempt began. */
  readonly earlierHours: number;
  readonly metadata: unknown;
  readonly apiUrl: string;
};

export const API_KEY = 'sk_test_51H8scriptedscriptedscripted';

export async function startScriptedStripe(): Promise<ScriptedStripe> {
  let script: Readonly<Record<string, Answer | readonly Answer[]>> = {};
  const sent: Sent[] = [];
  const server = createServer(async (request, response) => {
    const body = await readBody(request);
    const url = new URL(request.url ?? '', 'http://stripe');
    const call = `${request.method} ${url.pathname}`;
    const headers = request.headers as Record<string, string>;
    sent.push({
      call,
      query: url.searchParams,
      form: Object.fromEntries(new URLSearchParams(body)),
      body,
      headers,
    });
    const answers = script[call];
    const nth = sent.filter((one) => one.call === call).length - 1;
    const answer = Array.isArray(answers)
      ? (answers[nth] ?? answers.at(-1))
      : (answers as Answer | undefined);
    if (answer === 'silence') return;
    if (answer === 'reset') return void request.socket.destroy();
    const { status = 200, headers: more, body: content } = answer ?? notScripted(call);
    response.writeHead(status, { 'content-type': 'application/json', 'request-id': 'req_1', ...more });
    response.end(JSON.stringify(content));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    sent,
    script(answers) {
      script = answers;
      sent.length = 0;
    },
    async run(operation, request, changes = {}) {
      const handler = allHandlers({ apiUrl: changes.apiUrl ?? url })[operation];
      if (handler === undefined) throw new Error(`the worker has no ${operation}`);
      const key = changes.key ?? `${operation}:att_1`;
      const asked = message(operation, request, changes);
      const answer = (await handler(asked, contextOf(operation, key, changes))) as BridgeResponse;
      asUcs(asked, answer);
      return answer;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function notScripted(call: string) {
  return {
    status: 404,
    body: { error: { type: 'invalid_request_error', message: `no answer for ${call}` } },
  };
}

function message(operation: Operation, request: object, changes: Partial<Run>): BridgeRequest {
  return {
    operation,
    merchant_id: 'm_1',
    payment_id: 'pay_1',
    router_data: {
      merchant_id: 'm_1',
      payment_id: 'pay_1',
      attempt_id: 'att_1',
      refund_id: changes.refundId,
      connector: 'stripe',
      connector_auth_type: (changes.auth ?? { auth_type: 'HeaderKey', api_key: API_KEY }) as {
        auth_type: string;
      },
      request: request as Record<string, unknown>,
      metadata: changes.metadata,
      test_mode: true,
    },
    metadata: {},
    correlation_id: 'c_1',
    timestamp: Math.floor(Date.now() / 1000) - 3_600 * (changes.ageHours ?? 0),
  };
}

function contextOf(operation: Operation, idempotencyKey: string, changes: Partial<Run>): HandlerContext {
  return {
    operation,
    attempt: changes.attempt ?? 1,
    earlierAt: hoursAgo(changes.earlierHours),
    idempotencyKey,
    deadlineAt: Date.now() + (changes.deadlineInMs ?? 20_000),
    correlationId: 'c_1',
    signal: new AbortController().signal,
    processor: async (call) => call(),
  };
}

function hoursAgo(hours: number | undefined): number | undefined {
  return hours === undefined ? undefined : Date.now() - 3_600_000 * hours;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
