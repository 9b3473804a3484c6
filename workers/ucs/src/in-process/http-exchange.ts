/** One HTTP request to a processor, and an honest word on whether it can have arrived. */
import type { UcsEnding } from '../ucs-target.js';

export type HttpRequest = {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
};

export type HttpAnswer = {
  readonly kind: 'response';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

type NoAnswer = Extract<UcsEnding, { kind: 'not_sent' | 'unknown' }>;

/** Codes of failures before the request could be written: no address, no connection, no trust. */
const BEFORE_SENDING =
  /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_CERT_\w+|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_\w+)$/;

/** Redirects are not followed: a payment goes where the connector said, or nowhere. */
export async function exchangeHttp(
  { url, method, headers, body }: HttpRequest,
  options: { readonly deadlineAt: number; readonly signal: AbortSignal },
): Promise<HttpAnswer | NoAnswer> {
  const late = AbortSignal.timeout(Math.max(0, options.deadlineAt - Date.now()));
  try {
    const response = await fetch(url, {
      method,
      headers,
      body,
      redirect: 'manual',
      signal: AbortSignal.any([late, options.signal]),
    });
    return {
      kind: 'response',
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: new Uint8Array(await response.arrayBuffer()),
    };
  } catch (error) {
    const { code, isOfOpenConnection } = failureIn(error);
    const { host } = new URL(url);
    if (BEFORE_SENDING.test(code) && !isOfOpenConnection)
      return {
        kind: 'not_sent',
        code: 'PROCESSOR_UNREACHABLE',
        message: `${host} cannot be reached (${code}); nothing was sent`,
      };
    if (late.aborted)
      return { kind: 'unknown', code: 'DEADLINE_EXCEEDED', message: `${host} did not answer in time` };
    return {
      kind: 'unknown',
      code: code || 'PROCESSOR_FAILED',
      message: `The connection to ${host} was lost`,
    };
  }
}

type Failure = { readonly code?: unknown; readonly syscall?: unknown };

/**
 * fetch hides it in the cause, or in the first of several. A network that goes while an answer is awaited has the codes
 * of one that was not there (Linux: the last ICMP error, once it gives up sending again): the call that failed tells.
 */
function failureIn(error: unknown): { readonly code: string; readonly isOfOpenConnection: boolean } {
  const { cause } = error as { cause?: Failure & { errors?: readonly Failure[] } };
  const { code, syscall } = cause?.code === undefined ? (cause?.errors?.[0] ?? {}) : cause;
  return {
    code: typeof code === 'string' ? code : '',
    isOfOpenConnection: syscall === 'read' || syscall === 'write',
  };
}
