/** What waits for a second person: seen by all, decided by another than who proposed it. */
import { useState } from 'preact/hooks';
import type { Proposal, ProposalPage } from '../api/types.js';
import { useResource } from '../api/use-resource.js';
import { useSession } from '../console-context.js';
import { plural } from '../format/number.js';
import { Button } from '../parts/button.js';
import { type Column, DataTable } from '../parts/data-table.js';
import { Panel } from '../parts/panel.js';
import { Problem } from '../parts/problem.js';
import { TimeText } from '../parts/time-text.js';
import { Link } from '../routing/link.js';
import { ACTION_WORDS } from './approval-action.js';
import { ApprovalDialog } from './approval-dialog.js';

const LOOK_EVERY_MS = 10_000;
const PATH = '/approvals?waiting=true&limit=100';

/** Nothing where nothing needs a second person, and nothing waits. */
export function ApprovalsPanel({ onDecided }: { readonly onDecided: () => void }) {
  const { api } = useSession();
  const { data, error, reload } = useResource<ProposalPage>(
    PATH,
    (signal) => api.get(PATH, {}, signal),
    LOOK_EVERY_MS,
  );
  const [looking, setLooking] = useState<Proposal>();
  if (error !== undefined) return <Problem error={error} onRetry={reload} />;
  if (data === undefined || (data.items.length === 0 && looking === undefined)) return null;
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
      <Panel
        title="Waiting for a second person"
        note={<span role="status">{plural(data.total ?? data.items.length, 'proposal')}</span>}
      >
        <DataTable
          caption="Actions that wait for a second person, newest first"
          columns={columns}
          rows={data.items}
          rowKey={({ id }) => id}
        />
      </Panel>
      {looking && (
        <ApprovalDialog
          proposal={looking}
          onClose={() => setLooking(undefined)}
          onDone={() => {
            setLooking(undefined);
            reload();
            onDecided();
          }}
        />
      )}
    </>
  );
}
