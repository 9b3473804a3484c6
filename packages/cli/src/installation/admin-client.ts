/** The admin API of a running gateway, for commands: where it is, who asks, and what it says when it refuses. */
import { bodyUntil } from '@nats-bridge/gateway';
import { type Command, InvalidArgumentError } from 'commander';
import { readSession } from './up-session.js';

export type AdminOptions = { readonly url?: string; readonly token?: string };

export type AdminClient = {
  /** `scheme://host:port` of the HTTP door. */
  readonly url: string;
  /** @throws AdminRefusedError, AdminUnreachableError; what the signal aborts with */
  get<T>(path: string, signal?: AbortSignal): Promise<T>;
  put<T>(path: string, body: object): Promise<T>;
  /** Server-sent events until the signal aborts or the gateway ends them. */
  events(
    path: string,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly event: string; readonly data: unknown }>;
};

/** It answered, and did not do it. */
export class AdminRefusedError extends Error {
  override readonly name = 'AdminRefusedError';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Nobody answered, or somebody who is no gateway. */
class AdminUnreachableError extends Error {
  override readonly name = 'AdminUnreachableError';
}

const DEFAULT_URL = 'http://127.0.0.1:8080';
const ANSWER_WITHIN_MS = 10_000;

export function withAdminOptions(command: Command): Command {
  return command
    .option(
      '--url <url>',
      `HTTP door of the gateway; default: NATS_BRIDGE_ADMIN_URL, the bridge that nats-bridge up runs here, or ${DEFAULT_URL}`,
    )
    .option(
      '--token <token>',
      'token of gateway.admin; better in NATS_BRIDGE_ADMIN_TOKEN, where other users cannot see it; default: the token of the nats-bridge up that runs here',
    );
}

export function adminClient({ url, token }: AdminOptions): AdminClient {
  // An empty variable is none.
  const ofEnvironment = (name: string) => process.env[name] || undefined;
  const session = readSession();
  const wanted = url ?? ofEnvironment('NATS_BRIDGE_ADMIN_URL') ?? session?.url ?? DEFAULT_URL;
  if (!/^https?:\/\/[^/\s]+/.test(wanted) || !URL.canParse(wanted))
    throw new InvalidArgumentError(
      `${wanted} is no address: use http://host:port of the gateway's HTTP door`,
    );
  const at = new URL(wanted).origin;
  // What `up` made opens its own gateway alone.
  const own = session?.url === at ? session.token : undefined;
  const bearer = token ?? ofEnvironment('NATS_BRIDGE_ADMIN_TOKEN') ?? own;

  async function ask(path: string, init: RequestInit): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(`${at}/admin/v1${path}`, {
        ...init,
        headers: {
          ...(bearer !== undefined && { Authorization: `Bearer ${bearer}` }),
          ...(init.body !== undefined && { 'Content-Type': 'application/json' }),
        },
        redirect: 'error',
      });
    } catch (cause) {
      if (init.signal?.aborted && (cause as Error).name === 'AbortError') throw cause;
      throw new AdminUnreachableError(
        `nobody answers at ${at} (${reasonOf(cause)}): is the gateway running, and is --url its HTTP door?`,
        { cause },
      );
    }
    if (!response.ok) throw await refusalOf(response, at, bearer !== undefined);
    return response;
  }

  async function json<T>(path: string, { signal, ...init }: RequestInit = {}): Promise<T> {
    const ends = [AbortSignal.timeout(ANSWER_WITHIN_MS), ...(signal ? [signal] : [])];
    return (await ask(path, { ...init, signal: AbortSignal.any(ends) })).json() as Promise<T>;
  }

  return {
    url: at,
    get: (path, signal) => json(path, { signal }),
    put: (path, body) => json(path, { method: 'PUT', body: JSON.stringify(body) }),
    async *events(path, signal) {
      const response = await ask(path, { signal });
      let text = '';
      const decoder = new TextDecoder();
      for await (const chunk of chunksOf(response, at, signal)) {
        text += decoder.decode(chunk, { stream: true });
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
          const data = field('data');
          if (data !== undefined) yield { event: field('event') ?? 'message', data: JSON.parse(data) };
        }
      }
    },
  };
}

/** A body that breaks off is no fault of ours, and says little of itself. */
async function* chunksOf({ body }: Response, at: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    if (body !== null) yield* bodyUntil(body, signal);
  } catch (cause) {
    throw new AdminUnreachableError(`the connection to ${at} broke off`, { cause });
  }
}

async function refusalOf(response: Response, at: string, hasToken: boolean): Promise<Error> {
  const { status } = response;
  const said = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
  if (status === 401)
    return new AdminRefusedError(
      status,
      hasToken
        ? `the gateway at ${at} does not know this token: give one of gateway.admin in --token or NATS_BRIDGE_ADMIN_TOKEN`
        : `the gateway at ${at} wants a token: give one of gateway.admin in --token or NATS_BRIDGE_ADMIN_TOKEN`,
    );
  const message = said.error?.message;
  const isNowhere = status === 404 && (message?.startsWith('nothing is served here') ?? true);
  if (message !== undefined && !isNowhere) return new AdminRefusedError(status, `${at}: ${message}`);
  if (isNowhere)
    return new AdminUnreachableError(
      `there is no admin API at ${at}: name somebody in [gateway.admin] (docs/admin-api.md), or look whether this is the HTTP door of a gateway`,
    );
  return new AdminUnreachableError(`${at} answered ${status}, and not as a gateway does`);
}

/** undici hides it in the cause. */
function reasonOf(error: unknown): string {
  const { cause, name, message } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `no answer for ${ANSWER_WITHIN_MS / 1_000} s`;
  return cause?.code ?? cause?.message ?? message;
}
