/** Has the gateway read the chain of the audit through, and says what it found. */
import { useState } from 'preact/hooks';
import type { ApiError } from '../api/client.js';
import type { AuditVerification } from '../api/types.js';
import { apiErrorOf } from '../api/use-resource.js';
import { useSession } from '../console-context.js';
import { Button } from '../parts/button.js';
import { CopyButton } from '../parts/copy-button.js';
import { Icon } from '../parts/icon.js';
import { Problem } from '../parts/problem.js';
import { chainWordsOf } from './chain-words.js';

export type ChainCheck = {
  readonly found: AuditVerification | undefined;
  readonly error: ApiError | undefined;
  readonly isBusy: boolean;
  verify(): Promise<void>;
};

export function useChainCheck(): ChainCheck {
  const { api } = useSession();
  const [state, setState] = useState<Omit<ChainCheck, 'verify'>>({
    found: undefined,
    error: undefined,
    isBusy: false,
  });
  const verify = async () => {
    setState((now) => ({ ...now, isBusy: true }));
    try {
      const found = await api.get<AuditVerification>('/audit/verification');
      setState({ found, error: undefined, isBusy: false });
    } catch (fault) {
      setState({ found: undefined, error: apiErrorOf(fault), isBusy: false });
    }
  };
  return { ...state, verify };
}

export function VerifyButton({ check: { isBusy, verify } }: { readonly check: ChainCheck }) {
  return (
    <Button icon="stamp" isBusy={isBusy} onClick={() => void verify()}>
      {isBusy ? 'Verifying' : 'Verify'}
    </Button>
  );
}

/** Always drawn, so that what is found is read out when it comes. */
export function ChainFound({ check: { found, error, verify } }: { readonly check: ChainCheck }) {
  return (
    <>
      {error && <Problem error={error} onRetry={() => void verify()} />}
      <div role="status" class="chain-place">
        {found && <Words found={found} />}
      </div>
    </>
  );
}

function Words({ found }: { readonly found: AuditVerification }) {
  const { text, notes, breaks } = chainWordsOf(found);
  return (
    <div class={`chain chain-${found.intact ? 'intact' : 'broken'}`}>
      <Icon name={found.intact ? 'check' : 'critical'} />
      <div>
        <p class="chain-text">{text}</p>
        {breaks.length > 0 && (
          <ul class="chain-breaks">
            {breaks.map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )}
        {notes.map((line) => (
          <p key={line}>{line}</p>
        ))}
        {found.head !== null && (
          <p class="chain-head">
            Head: <span class="id">{found.head}</span> <CopyButton text={found.head} what="head" /> Kept
            elsewhere, it tells later whether the end is missing.
          </p>
        )}
        <p class="chain-head">
          Digests of payments’ records are entries, too; <code>npx nats-bridge audit verify</code> also
          compares the records with them.
        </p>
      </div>
    </div>
  );
}
