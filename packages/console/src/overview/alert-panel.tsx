/** The alerts in a room of their own, so that one that comes moves nothing; more than fit in it are shown when asked for. */
import { useState } from 'preact/hooks';
import type { Alert } from '../api/types.js';
import { count } from '../format/number.js';
import { Button } from '../parts/button.js';
import { Panel } from '../parts/panel.js';
import { AlertList } from './alert-list.js';

/** Seen at once on most screens; below them one scrolls. */
const MOST_SEEN = 2;

export function AlertPanel({ alerts }: { readonly alerts: readonly Alert[] }) {
  const [isWhole, setWhole] = useState(false);
  const showAll = (
    <Button pressed={isWhole} onClick={() => setWhole(!isWhole)}>
      Show all
    </Button>
  );
  return (
    <Panel
      title="Alerts"
      class="panel-alerts"
      note={alerts.length === 0 ? 'none' : count(alerts.length)}
      actions={alerts.length > MOST_SEEN ? showAll : undefined}
    >
      <div class={`alert-place ${isWhole ? 'alert-place-whole' : ''}`}>
        <AlertList alerts={alerts} />
      </div>
    </Panel>
  );
}
