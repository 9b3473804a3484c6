/**
 * The processor of the fault run: a process of its own that writes down every effect, doubles too. It knows one thing:
 * when a later attempt has asked about a key, an earlier one that still comes is refused (a fence).
 */
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

/** One line of its book. */
export type Effect = {
  readonly key: string;
  readonly id: string;
  readonly amount: number;
  readonly worker: string;
  readonly attempt: number;
  readonly at: number;
};

const [bookFile = '', fences = 'yes'] = process.argv.slice(2);
const fenceOf = new Map<string, number>();
const byKey = new Map<string, Effect>();
const byId = new Map<string, Effect>();
let count = 0;

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://processor');
  const answer = (body: unknown) => response.end(JSON.stringify(body ?? null));
  if (url.pathname === '/lookup') {
    const key = url.searchParams.get('key') ?? '';
    fenceOf.set(key, Math.max(fenceOf.get(key) ?? 0, Number(url.searchParams.get('attempt'))));
    return answer(byKey.get(key));
  }
  if (url.pathname === '/find') return answer(byId.get(url.searchParams.get('id') ?? ''));
  let text = '';
  request.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  request.on('end', () => {
    const asked = JSON.parse(text) as Omit<Effect, 'id' | 'at'>;
    if (fences === 'yes' && asked.attempt < (fenceOf.get(asked.key) ?? 0)) {
      response.statusCode = 409;
      return answer(null);
    }
    const effect: Effect = { ...asked, id: `fx_${++count}`, at: Date.now() };
    appendFileSync(bookFile, `${JSON.stringify(effect)}\n`);
    if (!byKey.has(effect.key)) byKey.set(effect.key, effect);
    byId.set(effect.id, effect);
    answer(effect);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(`ready http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
});
