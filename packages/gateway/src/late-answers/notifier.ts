/** Pushes late answers to the `webhook_url` that came with their requests, until they are taken. */
import type { LateAnswers, Pusher, Settlement } from '@nats-bridge/connector';
import type { OnWarning } from '../warning.js';
import { signEvent } from './event-signature.js';
import { type PostOptions, postEvent } from './post-event.js';
import { EVENT_HEADER, eventOf, SIGNATURE_HEADER } from './settled-event.js';
import { mayPostTo, secretFor, type WebhookOptions } from './webhook-options.js';

export type NotifierOptions = {
  readonly lateAnswers: Pick<LateAnswers, 'push'>;
  readonly webhooks: WebhookOptions;
  readonly onWarning: OnWarning;
  readonly post?: Pick<PostOptions, 'timeoutMs'>;
};

/** Closing ends what is under way: it is posted again by another bridge, or by the next. */
export function startNotifier({ lateAnswers, webhooks, onWarning, post }: NotifierOptions): Pusher {
  const closing = new AbortController();
  /** What was warned of, so that a receiver that is away for days fills no log. */
  const warned = new Set<string>();
  const warnOnce = (about: string, warning: string) => {
    if (warned.has(about)) return;
    if (warned.size < MOST_WARNED) warned.add(about);
    onWarning(warning);
  };

  async function deliver(settlement: Settlement): Promise<boolean> {
    const { merchant_id, connector, webhook_url } = settlement.note;
    const url = new URL(webhook_url);
    if (!mayPostTo(webhooks, url)) {
      warnOnce(
        url.host,
        `late answers for ${url.host} are held back: gateway.webhooks.allowed_hosts does not name it`,
      );
      return false;
    }
    const body = JSON.stringify(eventOf(settlement));
    const headers: Record<string, string> = { [EVENT_HEADER]: '1' };
    const secret = secretFor(webhooks, merchant_id, connector);
    if (secret !== undefined) headers[SIGNATURE_HEADER] = signEvent(body, secret.reveal(), Date.now());
    else
      warnOnce(
        'unsigned',
        'late answers are pushed unsigned: Hyperswitch does not take them as verified, and asks again by sync; set gateway.webhooks.secret to the merchant_secret of the connector account',
      );
    const posted = await postEvent(webhook_url, body, headers, { ...post, signal: closing.signal });
    if (posted.kind === 'taken') {
      warned.delete(`not taken ${url.host}`);
      return true;
    }
    if (!closing.signal.aborted)
      warnOnce(
        `not taken ${url.host}`,
        `${url.host} did not take a late answer (${posted.why}): it is pushed again, with growing pauses`,
      );
    return false;
  }

  const pusher = lateAnswers.push(deliver);
  return {
    close() {
      closing.abort();
      return pusher.close();
    },
  };
}

const MOST_WARNED = 1_000;
