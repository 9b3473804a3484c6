/** A time as text that machines can read too. */
import { dateAndClock } from '../format/time.js';

export function TimeText({ at, short }: { readonly at: string; readonly short?: string }) {
  return (
    <time dateTime={at} title={`${at} (UTC)`}>
      {short ?? dateAndClock(at)}
    </time>
  );
}
