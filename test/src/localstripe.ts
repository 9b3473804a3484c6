/**
 * A stateful Stripe server for tests: localstripe as a process, and before it a front that speaks today's API version
 * to it and shows what the worker sent.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PYTHON, ROOT } from './worker-process.js';

export type StripeRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly form: URLSearchParams;
};

export type Localstripe = {
  /** Of the front: what the worker is given. */
  readonly url: string;
  /** What the worker sent, in order. */
  readonly requests: StripeRequest[];
  /** Asks localstripe itself, as the customer's browser or a second look would. */
  ask(
    method: string,
    path: string,
    form?: Readonly<Record<string, string>>,
  ): Promise<Record<string, unknown>>;
  /** The next answers to a POST of this path are lost, after it was carried out. */
  loseAnswersOf(path: RegExp, count: number): void;
  close(): Promise<void>;
};

/** localstripe knows these by the names they had before the API version that the worker is pinned to. */
const OLDER_NAMES: readonly [string, string][] = [['allowed_payment_method_types', 'payment_method_types']];

const SECRET_KEY = 'sk_test_localstripe';

export async function startLocalstripe(): Promise<Localstripe> {
  const { child, port } = await startProcess();
  const requests: StripeRequest[] = [];
  let losing: { readonly path: RegExp; count: number } | undefined;
  /** localstripe knows no Idempotency-Key. Here the first answer of each is kept, as Stripe documents it. */
  const firstAnswers = new Map<string, Promise<Answer>>();
  const front = createServer(async (request, response) => {
    try {
      const body = await readBody(request);
      const path = request.url ?? '';
      const headers = request.headers as Record<string, string>;
      requests.push({ method: request.method ?? '', path, headers, form: new URLSearchParams(body) });
      const carryOut = () => forward(`http://127.0.0.1:${port}${path}`, request.method, headers, body);
      const key = headers['idempotency-key'];
      const kept = key === undefined ? undefined : firstAnswers.get(key);
      const answer = kept ?? carryOut();
      if (key !== undefined) firstAnswers.set(key, answer);
      const { status, text } = await answer;
      if (request.method === 'POST' && losing?.path.test(path) && losing.count > 0) {
        losing.count--;
        request.socket.destroy();
        return;
      }
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    } catch (error) {
      response.writeHead(502).end(JSON.stringify({ error: { message: String(error) } }));
    }
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  return {
    url: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    requests,
    async ask(method, path, form) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { authorization: `Bearer ${SECRET_KEY}` },
        ...(form !== undefined && { body: new URLSearchParams(form) }),
      });
      const text = await answer.text();
      return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    },
    loseAnswersOf(path, count) {
      losing = { path, count };
    },
    async close() {
      front.closeAllConnections();
      front.close();
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

type Answer = { readonly status: number; readonly text: string };

async function forward(
  url: string,
  method: string | undefined,
  { authorization = '' }: Readonly<Record<string, string>>,
  body: string,
): Promise<Answer> {
  const answer = await fetch(url, {
    method,
    headers: {
      authorization,
      ...(body !== '' && { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(body !== '' && { body: inOlderNames(body) }),
  });
  return { status: answer.status, text: await answer.text() };
}

function startProcess(): Promise<{ child: ChildProcess; port: string }> {
  const child = spawn(PYTHON, [join(ROOT, 'workers/stripe/start_localstripe.py')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let printed = '';
    const read = (chunk: Buffer) => {
      printed += chunk.toString();
      const port = /ready on (\d+)/.exec(printed)?.[1];
      if (port !== undefined) resolve({ child, port });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`localstripe ended with ${code}: ${printed}; run node scripts/setup-languages.mjs`)),
    );
  });
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function inOlderNames(body: string): string {
  return OLDER_NAMES.reduce((text, [now, before]) => text.replaceAll(now, before), body);
}
