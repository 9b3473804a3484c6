/** What waits for a second person: seen by all, decided by another than who proposed it. */
import { useState } from 'preact/hooks';
import type { Proposal, ProposalPage } from '../api/types.js';
import { type Resource, useResource } from '../api/use-resource.js';
import { useSession } from '../console-context.js';
import { plural } from '../format/number.js';
import { Button } from '../parts/button.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { NewerButton } from '../parts/newer-button.js';
import { Panel } from '../parts/panel.js';
import { Problem } from '../parts/problem.js';
import { TimeText } from '../parts/time-text.js';
import { useSteady } from '../parts/use-steady.js';
import { Link } from '../routing/link.js';
import { ACTION_WORDS } from './approval-action.js';
import { ApprovalDialog } from './approval-dialog.js';

const LOOK_EVERY_MS = 10_000;
const PATH = '/approvals?waiting=true&limit=100';

/** What waits, looked at again and again. */
export function useApprovals(): Resource<ProposalPage> {
  const { api } = useSession();
  return useResource<ProposalPage>(PATH, (signal) => api.get(PATH, {}, signal), LOOK_EVERY_MS);
}

export type ApprovalsPanelProps = {
  readonly approvals: Resource<ProposalPage>;
  readonly onDecided: () => void;
};

/** Nothing where nothing needs a second person, and nothing waits. */
export function ApprovalsPanel({ approvals: { data, error, reload }, onDecided }: ApprovalsPanelProps) {
  const [looking, setLooking] = useState<Proposal>();
  const { shown, isHeld, release } = useSteady(data, (page) => page?.items.length ?? 0);
  const held = (
    <NewerButton isThere={isHeld} onShow={release}>
      Other proposals wait: show
    </NewerButton>
  );
  if (error !== undefined) return <Problem error={error} onRetry={reload} isStale={data !== undefined} />;
  if (shown === undefined || (shown.items.length === 0 && looking === undefined)) return held;
  const columns: readonly Column<Proposal>[] = [
    { title: 'Letter', value: ({ letter }) => <Link to={`/letters/${letter}`}>{letter}</Link> },
    { title: 'Action', value: ({ action }) => ACTION_WORDS[action] },
    { title: 'By', value: ({ by }) => by },
    { title: 'Why', value: ({ reason }) => reason, isWide: true },
    { title: 'Until (UTC)', value: ({ expires_at }) => <TimeText at={expires_at} /> },
    {
      title: 'Decide',
      value: (one) => (
        <Button label={`Look at proposal ${one.id}`} onClick={() => setLooking(one)}>
          Look
        </Button>
      ),
    },
  ];
  return (
    <>
      {held}
      <Panel
        title="Waiting for a second person"
        note={<span role="status">{plural(shown.total ?? shown.items.length, 'proposal')}</span>}
      >
        <DataTable
          caption="Actions that wait for a second person, newest first"
          columns={columns}
          rows={shown.items}
          rowKey={({ id }) => id}
        />
      </Panel>
      {looking && (
        <ApprovalDialog
          proposal={looking}
          onClose={() => setLooking(undefined)}
          onDone={() => {
            setLooking(undefined);
            release();
            reload();
            onDecided();
          }}
        />
      )}
    </>
  );
}
