/**
 * The processor of the fault run: a process of its own that writes down every effect, doubles too. It takes its time:
 * what it has in hand is in its book only when it is done, as with a real one. It knows one thing: when a later attempt
 * has asked about a key, an earlier one that still comes, or is in its hands, is refused (a fence).
 */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Effect } from './evidence.js';
import { isDeclined, workMs } from './fate.js';

/** What a worker asks for. `captures`: an authorization that takes the money at once. */
export type Asked = Omit<Effect, 'id' | 'at' | 'outcome'> & { readonly captures: boolean };
/** How a payment or refund stands, by the id of anything that was done to it. */
export type Standing = { readonly id: string; readonly status: string };

const [bookFile = '', seedText = '0', fences = 'yes'] = process.argv.slice(2);
const seed = Number(seedText);
const fenceOf = new Map<string, number>();
const byKey = new Map<string, Effect>();
const standings = new Map<string, { id: string; status: string }>();
let count = 0;

const DONE: Readonly<Record<string, string>> = { capture: 'CHARGED', void: 'VOIDED' };

function standingAfter(
  { operation, of, key, captures }: Asked,
  effect: Effect,
): { id: string; status: string } {
  if (operation === 'refund')
    return { id: effect.id, status: effect.outcome === 'approved' ? 'REFUND_SUCCESS' : 'REFUND_FAILURE' };
  if (operation === 'authorize')
    return {
      id: effect.id,
      status: effect.outcome === 'declined' ? 'FAILURE' : captures ? 'CHARGED' : 'AUTHORIZED',
    };
  const payment = standings.get(of) ?? { id: of, status: `unknown payment of ${key}` };
  payment.status = DONE[operation] ?? payment.status;
  return payment;
}

function carryOut(asked: Asked): Effect {
  const { captures: _, ...line } = asked;
  const outcome = isDeclined(asked, seed) ? 'declined' : 'approved';
  const effect: Effect = { ...line, outcome, id: `fx_${++count}`, at: Date.now() };
  appendFileSync(bookFile, `${JSON.stringify(effect)}\n`);
  standings.set(effect.id, standingAfter(asked, effect));
  if (!byKey.has(effect.key)) byKey.set(effect.key, effect);
  return effect;
}

function isFenced({ attempt, key }: Asked): boolean {
  return fences === 'yes' && attempt < (fenceOf.get(key) ?? 0);
}

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://processor');
  const answer = (body: unknown) => response.end(JSON.stringify(body ?? null));
  const refuse = () => {
    response.statusCode = 409;
    return answer(null);
  };
  if (url.pathname === '/lookup') {
    const key = url.searchParams.get('key') ?? '';
    fenceOf.set(key, Math.max(fenceOf.get(key) ?? 0, Number(url.searchParams.get('attempt'))));
    return answer(byKey.get(key));
  }
  if (url.pathname === '/find') return answer(standings.get(url.searchParams.get('id') ?? ''));
  let text = '';
  request.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  request.on('end', () => {
    const asked = JSON.parse(text) as Asked;
    if (isFenced(asked)) return refuse();
    // Who asked meanwhile heard that it has not happened: then it must not.
    setTimeout(() => (isFenced(asked) ? refuse() : answer(carryOut(asked))), workMs(asked.key, seed));
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(`ready http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
});
