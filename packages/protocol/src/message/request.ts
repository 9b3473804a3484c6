/** The request message, exactly the specification's. */
import { z } from 'zod';
import { ValidationError } from '../bridge-error.js';
import { isOperation, type Operation } from '../operation-catalogue.js';
import { describeIssues } from '../zod-issues.js';
import { type RouterData, routerDataSchema } from './router-data.js';

export const bridgeRequestSchema = z
  .looseObject({
    operation: z
      .string()
      .refine(isOperation, { error: 'is not an operation of the catalogue' })
      .meta({ description: 'The operation to carry out; the last token of the subject.' }),
    merchant_id: z.string().min(1).meta({ description: "Hyperswitch's merchant id." }),
    payment_id: z.string().meta({ description: "Hyperswitch's payment id (for payouts, the payout's)." }),
    router_data: routerDataSchema,
    metadata: z
      .record(z.string(), z.string())
      .meta({ description: 'Context that is not part of the payment: tenant, request id, profile.' }),
    correlation_id: z.string().min(1).meta({ description: 'A UUID; the reply must carry the same.' }),
    timestamp: z.int().meta({ description: 'When the request was made, in seconds since the epoch.' }),
  })
  .meta({ title: 'NatsPaymentRequest', description: 'What a worker receives.' });

export type BridgeRequest = {
  readonly operation: Operation;
  readonly merchant_id: string;
  readonly payment_id: string;
  readonly router_data: RouterData;
  readonly metadata: Readonly<Record<string, string>>;
  readonly correlation_id: string;
  readonly timestamp: number;
};

/** Made a function of its own: a third of the time, and every request passes here. */
const compiledSchema = z.compile(bridgeRequestSchema);

/** @throws ValidationError that names the fields at fault, never their values. */
export function parseRequest(value: unknown): BridgeRequest {
  const parsed = compiledSchema.safeParse(value);
  if (!parsed.success) throw new ValidationError(`not a valid request: ${describeIssues(parsed.error)}`);
  return value as BridgeRequest;
}
