/** One proposed action: what it would do, and what the second person says. */
import { useState } from 'preact/hooks';
import type { Proposal, ProposalDetail } from '../api/types.js';
import { apiErrorOf, useResource } from '../api/use-resource.js';
import { useConsole, useSession } from '../console-context.js';
import { Button } from '../parts/button.js';
import { DefinitionList } from '../parts/definition-list.js';
import { Dialog } from '../parts/dialog.js';
import { JsonView } from '../parts/json-view.js';
import { Loaded } from '../parts/loaded.js';
import { ReasonField } from '../parts/reason-field.js';
import { TimeText } from '../parts/time-text.js';
import { mayAct } from '../session/session.js';
import { ACTION_WORDS, ROLE_FOR } from './approval-action.js';

export type ApprovalDialogProps = {
  readonly proposal: Proposal;
  readonly onClose: () => void;
  readonly onDone: () => void;
};

export function ApprovalDialog({ proposal, onClose, onDone }: ApprovalDialogProps) {
  const { notices } = useConsole();
  const { api, who, role } = useSession();
  const [reason, setReason] = useState('');
  const [isBusy, setBusy] = useState(false);
  const path = `/approvals/${proposal.id}`;
  const resource = useResource<ProposalDetail>(path, (signal) => api.get(path, {}, signal));
  const isOwn = proposal.by === who;
  const isAllowed = mayAct(role, ROLE_FOR[proposal.action]);
  const decide = async (verb: 'approve' | 'refuse') => {
    setBusy(true);
    try {
      await api.post(`${path}/${verb}`, { reason });
      notices.say('good', verb === 'approve' ? `${proposal.letter}: done` : `${proposal.letter}: refused`);
      onDone();
    } catch (fault) {
      notices.say('bad', apiErrorOf(fault).message);
      setBusy(false);
    }
  };
  const isReady = reason.trim() !== '';
  return (
    <Dialog title={`Proposal ${proposal.id} for letter ${proposal.letter}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void decide('approve');
        }}
      >
        <Loaded resource={resource} what="the proposal" lines={6}>
          {(found) => <What found={found} />}
        </Loaded>
        {isOwn && <p>You proposed it: another person has to approve it. You may take it back.</p>}
        <ReasonField value={reason} onChange={setReason} />
        <div class="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="danger"
            isBusy={isBusy}
            disabled={!isReady || !(isAllowed || (isOwn && mayAct(role, 'operator')))}
            onClick={() => void decide('refuse')}
          >
            {isOwn ? 'Take it back' : 'Refuse'}
          </Button>
          <Button type="submit" kind="main" isBusy={isBusy} disabled={!isReady || isOwn || !isAllowed}>
            Approve, and have it done
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function What({ found }: { readonly found: ProposalDetail }) {
  const { settled, patch } = found;
  return (
    <>
      <DefinitionList
        pairs={[
          ['Action', ACTION_WORDS[found.action]],
          ['Payment', `${found.payment_id} of ${found.merchant_id}, ${found.operation}`],
          ['Idempotency key', <span class="id">{found.idempotency_key}</span>],
          ['Proposed', <TimeText at={found.at} />],
          ['By', found.by],
          ['Why', found.reason],
          ...(settled
            ? [
                [
                  'To be recorded',
                  [settled.status, settled.transaction_id, settled.code].filter(Boolean).join(', '),
                ] as const,
              ]
            : []),
        ]}
      />
      {patch !== undefined && <JsonView value={patch} label="What it changes, masked" />}
    </>
  );
}
