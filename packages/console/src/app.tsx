/** The console: sign-in, or the shell with a screen in it. */
import { ConsoleContext, type ConsoleTools, SessionContext } from './console-context.js';
import { Skeleton } from './parts/skeleton.js';
import type { SessionKeeper } from './session/session.js';
import { SignIn } from './session/sign-in.js';
import { Shell } from './shell/shell.js';

export function App({ session, tools }: { readonly session: SessionKeeper; readonly tools: ConsoleTools }) {
  const state = session.state.value;
  return (
    <ConsoleContext.Provider value={tools}>
      {state.kind === 'checking' && (
        <main class="sign-in">
          <Skeleton lines={3} label="Signing in" />
        </main>
      )}
      {state.kind === 'out' && (
        <SignIn problem={state.problem} onToken={(token) => void session.signIn(token)} />
      )}
      {state.kind === 'in' && (
        <SessionContext.Provider value={state}>
          <Shell onSignOut={session.signOut} />
        </SessionContext.Provider>
      )}
    </ConsoleContext.Provider>
  );
}
