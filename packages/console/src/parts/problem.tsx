/** What the API refused or failed at, in its words, and a way to try again. */
import type { ApiError } from '../api/client.js';
import { Button } from './button.js';
import { Icon } from './icon.js';

export type ProblemProps = {
  readonly error: ApiError;
  /** What was loaded before is still shown. */
  readonly isStale?: boolean;
  readonly onRetry?: () => void;
};

export function Problem({ error, isStale, onRetry }: ProblemProps) {
  return (
    <div class="problem" role="alert">
      <Icon name="warning" />
      <div>
        <p class="problem-text">
          {error.message}
          {isStale && ' What you see is of before.'}
        </p>
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
