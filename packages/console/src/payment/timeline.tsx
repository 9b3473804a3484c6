/** Everything that happened, in order; a slider shows how it stood at any instant. */
import { useState } from 'preact/hooks';
import type { StoredMessage } from '../api/types.js';
import { apiErrorOf } from '../api/use-resource.js';
import { useConsole, useSession } from '../console-context.js';
import { clock, dateAndClock, milliseconds } from '../format/time.js';
import { Button } from '../parts/button.js';
import { AsItStood } from './as-it-stood.js';
import { CircuitMark } from './circuit-mark.js';
import { MessageDialog } from './message-dialog.js';
import { MOMENT_WORDS, type Moment } from './moment.js';

export function Timeline({ events }: { readonly events: readonly Moment[] }) {
  const { notices } = useConsole();
  const { api } = useSession();
  const [until, setUntil] = useState<number>();
  const [shown, setShown] = useState<StoredMessage>();
  const last = events.length - 1;
  const at = Math.min(until ?? last, last);
  const begin = Date.parse(events[0]?.at ?? '');

  const show = (source: NonNullable<Moment['source']>) => {
    api
      .get<StoredMessage>(`/messages/${encodeURIComponent(source.stream)}/${source.seq}`)
      .then(setShown)
      .catch((fault: unknown) => notices.say('bad', apiErrorOf(fault).message));
  };
  return (
    <>
      {events.length > 1 && (
        <label class="instant">
          <span>As it stood</span>
          <input
            type="range"
            min={0}
            max={last}
            value={at}
            aria-valuetext={`${MOMENT_WORDS[events[at]?.kind ?? 'requested']}, ${dateAndClock(events[at]?.at)}`}
            onInput={(event) => setUntil(Number(event.currentTarget.value))}
          />
          <span class="number">{dateAndClock(events[at]?.at)}</span>
        </label>
      )}
      <AsItStood events={events} at={at} />
      <ol class="timeline">
        {events.map((event, index) => (
          <li
            key={`${event.at} ${event.kind} ${event.operation} ${event.circuit} ${event.source?.seq}`}
            class={index > at ? 'moment moment-later' : 'moment'}
            aria-hidden={index > at}
          >
            <time dateTime={event.at} title={event.at}>
              {index === 0 ? clock(event.at) : afterBegin(Date.parse(event.at) - begin)}
            </time>
            <span class="moment-kind">{MOMENT_WORDS[event.kind]}</span>
            <span>
              {event.operation}
              {event.worker && ` by ${event.worker}`}
              {event.circuit && ` for ${event.connector} `}
              {event.circuit && <CircuitMark state={event.circuit} />}
              {event.detail && <span class="moment-detail"> · {event.detail}</span>}
            </span>
            {event.source !== null && index <= at && (
              <Button
                icon="eye"
                kind="quiet"
                label={`Show the message: ${MOMENT_WORDS[event.kind]} ${event.operation}`}
                onClick={() => event.source && show(event.source)}
              >
                Message
              </Button>
            )}
          </li>
        ))}
      </ol>
      {shown && <MessageDialog message={shown} onRaw={setShown} onClose={() => setShown(undefined)} />}
    </>
  );
}

function afterBegin(ms: number): string {
  return ms === 0 ? '+ 0 ms' : `+ ${milliseconds(ms)}`;
}
