/** What the API refused or failed at, in its words, and a way to try again. */
import type { ApiError } from '../api/client.js';
import { Button } from './button.js';
import { Icon } from './icon.js';

export function Problem({ error, onRetry }: { readonly error: ApiError; readonly onRetry?: () => void }) {
  return (
    <div class="problem" role="alert">
      <Icon name="warning" />
      <div>
        <p class="problem-text">{error.message}</p>
        <p class="problem-code">{error.code}</p>
      </div>
      {onRetry && (
        <Button icon="retry" onClick={onRetry}>
          Try again
        </Button>
      )}
    </div>
  );
}
