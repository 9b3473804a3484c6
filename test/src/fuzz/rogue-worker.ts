/** A worker without SDK and without manners: answers each request with the bytes that it is told to. */
import { decodeBody } from '@nats-bridge/protocol';
import { connect, headers } from '@nats-io/transport-node';

export type Asked = {
  readonly correlationId: string;
  readonly operation: string;
  /** Of the payment; Hyperswitch's x-resource-id. */
  readonly attemptId: string;
  readonly minorAmount: unknown;
};
export type Answer = { readonly body: Uint8Array; readonly contentType?: string };

export type RogueWorker = { close(): Promise<void> };

export async function startRogueWorker(
  natsUrl: string,
  answer: (asked: Asked) => Answer,
): Promise<RogueWorker> {
  const nats = await connect({ servers: natsUrl });
  for (const subject of ['hyperswitch.payments.>', 'hyperswitch.webhooks.>'])
    nats.subscribe(subject, {
      queue: 'rogue',
      callback: (_error, message) => {
        const request = decodeBody(message.data) as { correlation_id: string; router_data: RouterData };
        const { attempt_id, request: asked } = request.router_data;
        const { body, contentType } = answer({
          correlationId: request.correlation_id,
          operation: message.subject.split('.').at(-1) ?? '',
          attemptId: attempt_id ?? '',
          minorAmount: asked?.amount?.minor_amount,
        });
        const fields = headers();
        if (contentType !== undefined) fields.set('Content-Type', contentType);
        message.respond(body, contentType === undefined ? {} : { headers: fields });
      },
    });
  await nats.flush();
  return { close: () => nats.drain() };
}

type RouterData = {
  readonly attempt_id?: string;
  readonly request?: { readonly amount?: { readonly minor_amount?: unknown } };
};
