/** Where events may go and with which secret they are signed: the `[gateway.webhooks]` section. */
import { secretText } from '@nats-bridge/connector/configuration';
import type { Secret } from '@nats-bridge/protocol';
import { z } from 'zod';

const hostName = z
  .string()
  .regex(/^[A-Za-z0-9.:[\]_-]{1,260}$/, {
    error: 'must be host names, with a port where it is not the usual one',
  })
  .transform((name) => name.toLowerCase());

export const webhookOptionsSchema = z
  .strictObject({
    /** Empty: every http and https URL that Hyperswitch gives. */
    allowed_hosts: z
      .union([
        z.array(hostName),
        z
          .string()
          .transform((list) => list.split(',').map((name) => name.trim()))
          .pipe(z.array(hostName)),
      ])
      .default([]),
    /** Hyperswitch's `merchant_secret`, where one holds for all accounts. */
    secret: secretText.optional(),
    /** By `merchant_id` or `merchant_id.connector`. */
    secrets: z.record(z.string(), secretText).default({}),
  })
  .prefault({});

export type WebhookOptions = z.output<typeof webhookOptionsSchema>;

/** The nearest: of the connector account, of the merchant, of all. */
export function secretFor(
  { secret: ofAll, secrets }: WebhookOptions,
  merchantId: string,
  connector: string,
): Secret<string> | undefined {
  const nearest = [`${merchantId}.${connector}`, merchantId].find((name) => Object.hasOwn(secrets, name));
  return nearest === undefined ? ofAll : secrets[nearest];
}

/** @param url http or https, as the note has it */
export function mayPostTo({ allowed_hosts }: WebhookOptions, url: URL): boolean {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
  return (
    allowed_hosts.length === 0 || allowed_hosts.includes(url.host) || allowed_hosts.includes(url.hostname)
  );
}
