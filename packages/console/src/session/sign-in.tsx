/** Asks for a token, and says why where one was refused. */
import { useState } from 'preact/hooks';
import type { ApiError } from '../api/client.js';
import { Button } from '../parts/button.js';
import { TextField } from '../parts/field.js';
import { Problem } from '../parts/problem.js';

export type SignInProps = {
  readonly problem: ApiError | undefined;
  readonly onToken: (token: string) => void;
};

export function SignIn({ problem, onToken }: SignInProps) {
  const [token, setToken] = useState('');
  const isMissing = problem?.status === 404;
  return (
    <main class="sign-in">
      <p class="brand">NATS Bridge</p>
      <h1>Operations console</h1>
      {problem && !isMissing && <Problem error={problem} />}
      {isMissing && (
        <p>
          This bridge serves no admin API. Configure <code>[gateway.admin] tokens</code> or{' '}
          <code>[gateway.admin.oidc]</code> and start it again.
        </p>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== '') onToken(token.trim());
        }}
      >
        <TextField
          label="Access token"
          type="password"
          value={token}
          onChange={setToken}
          hint="It stays in this tab, until you close it or sign out. nats-bridge up prints an address that brings one along."
        />
        <Button type="submit" kind="main" icon="arrow" disabled={token.trim() === ''}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
