/** What every screen works with: the API, the live feed, the address, and a place for notices. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Router } from './routing/router.js';
import type { SignedIn } from './session/session.js';
import type { Notices } from './shell/notices.js';
import type { Theme } from './shell/theme.js';

export type ConsoleTools = { readonly router: Router; readonly notices: Notices; readonly theme: Theme };

export const ConsoleContext = createContext<ConsoleTools | undefined>(undefined);
export const SessionContext = createContext<SignedIn | undefined>(undefined);

export function useConsole(): ConsoleTools {
  const tools = useContext(ConsoleContext);
  if (tools === undefined) throw new Error('used outside of the console');
  return tools;
}

/** Only below a signed-in shell. */
export function useSession(): SignedIn {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('used without a session');
  return session;
}
