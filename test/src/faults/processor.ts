/** The processor of the fault run: a process of its own that writes down every effect, and never thinks about doubles. */
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

const [bookFile = ''] = process.argv.slice(2);
const byKey = new Map<string, Effect>();
const byId = new Map<string, Effect>();
let count = 0;

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '/', 'http://processor');
  const answer = (body: unknown) => response.end(JSON.stringify(body ?? null));
  if (url.pathname === '/lookup') return answer(byKey.get(url.searchParams.get('key') ?? ''));
  if (url.pathname === '/find') return answer(byId.get(url.searchParams.get('id') ?? ''));
  let text = '';
  request.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  request.on('end', () => {
    const asked = JSON.parse(text) as Omit<Effect, 'id' | 'at'>;
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
