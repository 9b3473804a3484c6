/** Speaks to the admin API with one token. */

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export type Api = {
  /** @throws ApiError for every answer but 2xx, and when nothing answers */
  get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  /** The answer as it comes: for streams and files. */
  open(path: string, query?: Query, signal?: AbortSignal): Promise<Response>;
};

/** What the API refused, in its own words; status 0 where nothing answered. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const BASE = '/admin/v1';

/** @param onRefused told when the token is no longer taken */
export function createApi(token: string, onRefused: () => void): Api {
  const ask = async (path: string, init: RequestInit): Promise<Response> => {
    const headers = { ...init.headers, Authorization: `Bearer ${token}` };
    const response = await fetch(BASE + path, {
      ...init,
      headers,
      credentials: 'omit',
      cache: 'no-store',
    }).catch((cause: unknown) => {
      if (init.signal?.aborted) throw cause;
      throw new ApiError(0, 'UNREACHABLE', 'The bridge does not answer. It may be restarting, or stopped.');
    });
    if (response.ok) return response;
    if (response.status === 401) onRefused();
    throw await errorOf(response);
  };
  return {
    get: async <T>(path: string, query?: Query, signal?: AbortSignal) =>
      (await (await ask(path + queryText(query), { signal: signal ?? null })).json()) as T,
    post: async <T>(path: string, body: object) => {
      const headers = { 'Content-Type': 'application/json' };
      const response = await ask(path, { method: 'POST', headers, body: JSON.stringify(body) });
      return (response.status === 204 ? undefined : await response.json()) as T;
    },
    open: (path, query, signal) => ask(path + queryText(query), { signal: signal ?? null }),
  };
}

/** Leaves out what is empty. */
function queryText(query: Query = {}): string {
  const parts = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  if (parts.length === 0) return '';
  return `?${new URLSearchParams(parts.map(([name, value]) => [name, String(value)]))}`;
}

async function errorOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => undefined)) as
    | { readonly error?: { readonly code?: string; readonly message?: string } }
    | undefined;
  const message = body?.error?.message ?? `The bridge answered ${response.status}.`;
  return new ApiError(response.status, body?.error?.code ?? `HTTP_${response.status}`, message);
}
