/** The response message: the specification's, with optional refinements. */
import { z } from 'zod';
import { ValidationError } from '../bridge-error.js';
import { describeIssues } from '../zod-issues.js';

const amount = z.int().meta({ description: 'In the minor unit of the currency.' });

export const bridgeResponseSchema = z
  .looseObject({
    status: z.enum(['success', 'failure', 'processing']).meta({
      description: 'What became of the operation. `processing` promises a later answer.',
    }),
    transaction_id: z.string().nullish().meta({ description: "The processor's id of what was made." }),
    connector_response: z
      .unknown()
      .optional()
      .meta({ description: "The processor's own answer, kept as it is." }),
    error: z
      .looseObject({
        code: z.string().min(1),
        message: z.string().min(1),
        reason: z.string().nullish(),
        network_decline_code: z.string().nullish(),
        network_advice_code: z.string().nullish(),
        network_error_message: z.string().nullish(),
      })
      .nullish()
      .meta({ description: 'Why it failed; both code and message are shown by Hyperswitch.' }),
    correlation_id: z.string().nullish().meta({ description: "The request's, unchanged." }),
    attempt_status: z
      .string()
      .nullish()
      .meta({ description: 'UCS PaymentStatus by name, where status says too little.' }),
    refund_status: z.string().nullish().meta({ description: 'UCS RefundStatus by name.' }),
    redirection: z
      .looseObject({})
      .nullish()
      .meta({ description: 'UCS RedirectForm: where the customer has to go.' }),
    mandate_reference: z
      .looseObject({})
      .nullish()
      .meta({ description: 'UCS MandateReference: what later charges name.' }),
    network_transaction_id: z.string().nullish(),
    connector_metadata: z
      .unknown()
      .optional()
      .meta({ description: 'Kept by Hyperswitch and sent back with later operations of the payment.' }),
    amount_captured: amount.nullish(),
    token: z.string().nullish().meta({ description: 'For tokenize, access_token and session_token.' }),
    session_data: z.looseObject({}).nullish().meta({ description: 'UCS ClientAuthenticationTokenData.' }),
    raw_connector_response: z.string().nullish(),
    response: z
      .looseObject({})
      .nullish()
      .meta({ description: 'Fields of the UCS response message, taken over what the rest implies.' }),
    ucs_response: z
      .looseObject({
        type: z
          .string()
          .min(1)
          .meta({ description: 'The UCS message it is, such as PaymentServiceAuthorizeResponse.' }),
        message: z.looseObject({}),
      })
      .nullish()
      .meta({
        description:
          'The whole UCS response of another UCS, given to the caller as it is; the rest says the same to those who read no UCS.',
      }),
  })
  .meta({ title: 'NatsPaymentResponse', description: 'What a worker replies.' });

export type BridgeResponse = z.infer<typeof bridgeResponseSchema>;

/** Made a function of its own: half the time, and every reply passes here. */
const compiledSchema = z.compile(bridgeResponseSchema);

/**
 * Reads a worker's reply; unknown fields are ignored.
 *
 * @throws ValidationError that names the fields at fault, never their values.
 */
export function parseResponse(value: unknown): BridgeResponse {
  const parsed = compiledSchema.safeParse(value);
  if (!parsed.success) throw new ValidationError(`not a valid reply: ${describeIssues(parsed.error)}`);
  return parsed.data;
}
