/** Who uses the console, and what they may do. */
import { type Signal, signal } from '@preact/signals';
import { type Api, ApiError, createApi } from '../api/client.js';
import type { Role, Session } from '../api/types.js';
import { type LiveFeed, startLiveFeed } from '../live/live-feed.js';
import { forgetToken, keepToken, takeToken } from './token.js';

export type SignedIn = Session & { readonly kind: 'in'; readonly api: Api; readonly live: LiveFeed };
export type SessionState =
  | { readonly kind: 'checking' }
  | { readonly kind: 'out'; readonly problem?: ApiError }
  | SignedIn;

export type SessionKeeper = {
  readonly state: Signal<SessionState>;
  signIn(token: string): Promise<void>;
  signOut(): void;
};

const RANK: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

export function mayAct(role: Role, needed: Role): boolean {
  return RANK[role] >= RANK[needed];
}

export function keepSession(): SessionKeeper {
  const state = signal<SessionState>({ kind: 'checking' });

  const leave = (problem?: ApiError) => {
    if (state.value.kind === 'in') state.value.live.close();
    state.value = { kind: 'out', ...(problem && { problem }) };
  };
  const refused = () => {
    forgetToken();
    leave(new ApiError(401, 'UNAUTHORIZED', 'The bridge does not take this token (any more).'));
  };
  const signIn = async (token: string) => {
    state.value = { kind: 'checking' };
    const api = createApi(token, refused);
    try {
      const session = await api.get<Session>('/session');
      keepToken(token);
      state.value = { kind: 'in', ...session, api, live: startLiveFeed(api) };
    } catch (fault) {
      if (fault instanceof ApiError && fault.status !== 401) leave(fault);
    }
  };

  const token = takeToken();
  if (token === undefined) leave();
  else void signIn(token);
  return {
    state,
    signIn,
    signOut: () => {
      forgetToken();
      leave();
    },
  };
}
