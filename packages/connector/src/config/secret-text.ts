/** A secret in a configuration: any text a person may have written, which is never shown again. */
import { Secret } from '@nats-bridge/protocol';
import { z } from 'zod';

/** Takes one that was read before, too: a configuration may be read, changed and given on. */
export const secretText = z.union([
  z.instanceof(Secret<string>),
  z.coerce
    .string()
    .min(1, { error: 'must not be empty' })
    .transform((value) => new Secret(value)),
]);
