/** One letter: what it is, what the ledger says now, its request masked, and what may be done with it. */
import { useState } from 'preact/hooks';
import type { LetterDetail } from '../api/types.js';
import { useResource } from '../api/use-resource.js';
import { useConsole, useSession } from '../console-context.js';
import { plural } from '../format/number.js';
import { Button } from '../parts/button.js';
import { DefinitionList } from '../parts/definition-list.js';
import { EmptyState } from '../parts/empty-state.js';
import { JsonView } from '../parts/json-view.js';
import { Loaded } from '../parts/loaded.js';
import { Panel } from '../parts/panel.js';
import { TimeText } from '../parts/time-text.js';
import { addressOf } from '../payments/payment-filter.js';
import { Link } from '../routing/link.js';
import { mayAct } from '../session/session.js';
import type { ScreenProps } from '../shell/screens.js';
import { DiscardDialog, EditDialog, ResolveDialog } from './letter-dialogs.js';
import { RetryDialog } from './retry-dialog.js';
import { VerdictMark } from './verdict-mark.js';

export function LetterScreen({ parts: [name = ''] }: ScreenProps) {
  const { api } = useSession();
  const path = `/letters/${encodeURIComponent(name)}`;
  const resource = useResource<LetterDetail>(path, (signal) => api.get(path, {}, signal));
  return (
    <>
      <p>
        <Link to="/letters">Dead letters and interventions</Link>
      </p>
      <h1>Letter {name}</h1>
      <Loaded resource={resource} what="the letter" lines={10}>
        {(letter) => <Found letter={letter} />}
      </Loaded>
    </>
  );
}

type Doing = 'retry' | 'resolve' | 'edit' | 'discard';

function Found({ letter }: { readonly letter: LetterDetail }) {
  const { router } = useConsole();
  const { role } = useSession();
  const [doing, setDoing] = useState<Doing>();
  const { name, verdict_now: verdict, original } = letter;
  const isSettled = verdict === 'answered_yes' || verdict === 'answered_no';
  const close = () => setDoing(undefined);
  const done = () => router.navigate('/letters');
  return (
    <>
      <Panel title="What the ledger says now">
        <p>
          <VerdictMark verdict={verdict} />
        </p>
        <p class="sentence">{letter.advice}.</p>
        <div class="actions">
          <Button
            icon="retry"
            kind={verdict === 'never_sent' ? 'main' : 'plain'}
            disabled={!mayAct(role, 'operator') || verdict !== 'never_sent'}
            onClick={() => setDoing('retry')}
          >
            Send again
          </Button>
          <Button
            icon="stamp"
            kind={verdict === 'unknown' ? 'main' : 'plain'}
            disabled={!mayAct(role, 'operator') || isSettled}
            onClick={() => setDoing('resolve')}
          >
            Resolve
          </Button>
          <Button
            icon="edit"
            disabled={!mayAct(role, 'admin') || verdict !== 'never_sent'}
            onClick={() => setDoing('edit')}
          >
            Edit and send
          </Button>
          <Button
            icon="trash"
            kind="danger"
            disabled={!mayAct(role, 'operator')}
            onClick={() => setDoing('discard')}
          >
            Discard
          </Button>
        </div>
      </Panel>
      <Panel title="The letter">
        <DefinitionList
          pairs={[
            ['Payment', <Link to={addressOf(letter)}>{letter.payment_id}</Link>],
            ['Merchant', letter.merchant_id],
            ['Operation', letter.operation],
            ['Idempotency key', <span class="id">{letter.idempotency_key}</span>],
            ['Given up', <TimeText at={letter.at} />],
            ['Cause', [letter.reason, letter.error].filter(Boolean).join(', ')],
            ['Attempts', letter.attempts === 0 ? 'not known' : String(letter.attempts)],
            ['Worker', letter.worker],
            ['Sent again before', letter.retries === 0 ? 'never' : plural(letter.retries, 'time')],
            [
              'Original',
              <span class="id">{`${original.stream} ${original.seq}${original.consumer && `, for ${original.consumer}`}`}</span>,
            ],
          ]}
        />
      </Panel>
      <Panel title="Its request" note="masked">
        {letter.body === null ? (
          <EmptyState icon="question" title="It cannot be read: that may be why it was given up." />
        ) : (
          <JsonView value={letter.body} label="The request, masked" />
        )}
      </Panel>
      {doing === 'retry' && (
        <RetryDialog what={{ title: `letter ${name}`, names: [name] }} onClose={close} onDone={done} />
      )}
      {doing === 'resolve' && <ResolveDialog name={name} onClose={close} onDone={done} />}
      {doing === 'edit' && <EditDialog name={name} onClose={close} onDone={done} />}
      {doing === 'discard' && <DiscardDialog name={name} onClose={close} onDone={done} />}
    </>
  );
}
