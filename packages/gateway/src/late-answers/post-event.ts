/** One POST of an event, and whether it was taken. Nothing of the answer is believed but its status code. */
import { bodyUntil } from '../http/body-until.js';

export type Posted =
  | { readonly kind: 'taken' }
  /** It may be taken later: why it was not, in words without payment data. */
  | { readonly kind: 'not_taken'; readonly why: string };

export type PostOptions = {
  /** Default 10 000, for the whole exchange. */
  readonly timeoutMs?: number;
  /** Ends it early: the event is then not taken. */
  readonly signal?: AbortSignal;
};

/** More of an answer is not read. */
const MAX_ANSWER_BYTES = 65_536;

/** Certificates are verified; redirects are not followed, for they could lead anywhere. */
export async function postEvent(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  { timeoutMs = 10_000, signal }: PostOptions = {},
): Promise<Posted> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const end = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'nats-bridge' },
      redirect: 'manual',
      signal: end,
    });
    // Its status is there; whatever becomes of its body says nothing more.
    await readSome(response, end).catch(() => {});
    return response.ok ? { kind: 'taken' } : { kind: 'not_taken', why: `HTTP ${response.status}` };
  } catch (error) {
    return { kind: 'not_taken', why: timeout.aborted ? `no answer within ${timeoutMs} ms` : reasonOf(error) };
  }
}

/** So that the connection can be used again, but no longer than it is worth. */
async function readSome({ body }: Response, end: AbortSignal): Promise<void> {
  if (body === null) return;
  let bytes = 0;
  for await (const chunk of bodyUntil(body, end)) {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) return;
  }
}

/** `fetch failed` hides why: the code of its cause says it. */
function reasonOf(error: unknown): string {
  const { cause, name } = error as Error & { cause?: { code?: string } };
  return cause?.code ?? name;
}
