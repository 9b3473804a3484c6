/** Whether what is seen is of this second. */
import { useSession } from '../console-context.js';
import { clockSeconds } from '../format/time.js';

const WORDS = { connecting: 'connecting', live: 'live', lost: 'not live, reconnecting' } as const;

export function LiveMark() {
  const { live } = useSession();
  const state = live.state.value;
  const at = live.overview.value?.at;
  return (
    <span class={`live live-${state}`}>
      <span class="live-dot" aria-hidden="true" />
      <span role="status">{WORDS[state]}</span>
      <span class="live-clock">{at === undefined ? '' : `${clockSeconds(at)} UTC`}</span>
    </span>
  );
}
