/** Sends letters again: first says what would happen, then does it at a rate, and shows how far it has come. */
import { useEffect, useState } from 'preact/hooks';
import type { Job, RetryPlan } from '../api/types.js';
import { apiErrorOf } from '../api/use-resource.js';
import { useConsole, useSession } from '../console-context.js';
import { count, plural } from '../format/number.js';
import { duration } from '../format/time.js';
import { Button } from '../parts/button.js';
import { Dialog } from '../parts/dialog.js';
import { TextField } from '../parts/field.js';
import { ReasonField } from '../parts/reason-field.js';
import { ShareBar } from '../parts/share-bar.js';

export type RetryWhat = {
  readonly title: string;
  readonly names?: readonly string[];
  readonly filter?: Readonly<Record<string, string>>;
};
export type RetryDialogProps = {
  readonly what: RetryWhat;
  readonly onClose: () => void;
  readonly onDone: () => void;
};

const LOOK_EVERY_MS = 500;
/** Letters named. */
const MOST_SHOWN = 20;

export function RetryDialog({ what, onClose, onDone }: RetryDialogProps) {
  const { notices } = useConsole();
  const { api } = useSession();
  const [rate, setRate] = useState('10');
  const [reason, setReason] = useState('');
  const [plan, setPlan] = useState<RetryPlan>();
  const [job, setJob] = useState<Job>();
  const [isBusy, setBusy] = useState(false);
  const { names, filter } = what;
  const order = { ...(names ? { names } : { filter }), rate_per_s: Number(rate) || 10, reason };
  const isUnexplained = reason.trim() === '';
  const failed = (fault: unknown) => notices.say('bad', apiErrorOf(fault).message);

  useEffect(() => {
    if (job?.state !== 'running') return;
    const timer = setTimeout(() => {
      api.get<Job>(`/jobs/${job.id}`).then(setJob).catch(failed);
    }, LOOK_EVERY_MS);
    return () => clearTimeout(timer);
  }, [job, api]);

  const ask = async <Answer,>(body: object, then: (answer: Answer) => void) => {
    setBusy(true);
    try {
      then(await api.post<Answer>('/letters/retry', body));
    } catch (fault) {
      failed(fault);
    }
    setBusy(false);
  };
  const close = () => {
    if (job !== undefined) onDone();
    onClose();
  };
  return (
    <Dialog title={`Send ${what.title} again`} onClose={close}>
      {job === undefined ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void ask<RetryPlan>({ ...order, dry_run: true }, setPlan);
          }}
        >
          <p>Each keeps its idempotency key. What may have been charged is left as it is.</p>
          <p>
            Their callers were told that they failed, and a customer may have paid in another way since: send
            only what is still wanted.
          </p>
          <TextField
            label="At most a second"
            type="number"
            min={1}
            max={1_000}
            value={rate}
            onChange={setRate}
          />
          <ReasonField value={reason} onChange={setReason} />
          {plan && (
            <p role="status">
              <strong>{plural(plan.would_retry, 'letter')}</strong> would be sent again, in about{' '}
              {duration(plan.eta_ms)}
              {Object.entries(plan.skipped).map(
                ([verdict, number]) => `; ${count(number ?? 0)} left (${verdict.replaceAll('_', ' ')})`,
              )}
              {plan.failed.length > 0 && `; ${count(plan.failed.length)} cannot be sent now`}.
            </p>
          )}
          {plan && <Failures of={plan.failed} />}
          <div class="dialog-foot dialog-foot-split">
            {/* The form's own, and at the other end: Enter or a second click asks again, and sends nothing. */}
            <Button
              type="submit"
              kind={plan === undefined ? 'main' : 'plain'}
              isBusy={isBusy}
              disabled={isUnexplained}
            >
              What would happen?
            </Button>
            <Button onClick={close}>Cancel</Button>
            {plan && (
              <Button
                kind="main"
                isBusy={isBusy}
                disabled={isUnexplained || plan.would_retry === 0}
                onClick={() => void ask<{ job: Job }>(order, (answer) => setJob(answer.job))}
              >
                {`Send ${plural(plan.would_retry, 'letter')}`}
              </Button>
            )}
          </div>
        </form>
      ) : (
        <JobProgress
          job={job}
          onCancel={() => api.post<Job>(`/jobs/${job.id}/cancel`, {}).then(setJob).catch(failed)}
          onClose={close}
        />
      )}
    </Dialog>
  );
}

function JobProgress({
  job,
  onCancel,
  onClose,
}: {
  readonly job: Job;
  readonly onCancel: () => void;
  readonly onClose: () => void;
}) {
  const isRunning = job.state === 'running';
  return (
    <>
      <ShareBar share={job.of === 0 ? 1 : job.done / job.of} label={`${job.done} of ${job.of}`} />
      <p role="status">
        {count(job.done)} of {count(job.of)}: {count(job.retried)} sent, {count(job.skipped)} left
        {isRunning
          ? `, ${duration(job.eta_ms)} to go`
          : `. ${job.state === 'cancelled' ? 'Cancelled.' : 'Done.'}`}
      </p>
      <Failures of={job.failed} />
      <div class="dialog-foot">
        {isRunning && (
          <Button kind="danger" onClick={onCancel}>
            Stop
          </Button>
        )}
        <Button kind="main" onClick={onClose} disabled={isRunning}>
          Close
        </Button>
      </div>
    </>
  );
}

/** Letters that could not be sent, or could not be now, with why. */
function Failures({ of: failed }: { readonly of: Job['failed'] }) {
  const more = failed.length - MOST_SHOWN;
  return (
    <>
      {failed.slice(0, MOST_SHOWN).map(({ name, why }) => (
        <p key={name}>
          {name}: {why}
        </p>
      ))}
      {more > 0 && <p>and {count(more)} more</p>}
    </>
  );
}
