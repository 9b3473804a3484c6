/** RouterData as it travels to workers: Hyperswitch's shape, rebuilt from what reaches a UCS. */
import { z } from 'zod';

export const connectorAuthTypeSchema = z
  .looseObject({
    auth_type: z.string().meta({ description: 'HeaderKey, BodyKey, SignatureKey, MultiAuthKey …' }),
    api_key: z.string().optional(),
    key1: z.string().optional(),
    api_secret: z.string().optional(),
    key2: z.string().optional(),
    auth_key_map: z.unknown().optional().meta({ description: 'With CurrencyAuthKey.' }),
    connector_config: z.unknown().optional().meta({ description: 'Typed credentials, where they came.' }),
  })
  .meta({ description: "The processor's credentials, tagged by auth_type as Hyperswitch serializes them." });

export type ConnectorAuthType = z.infer<typeof connectorAuthTypeSchema>;

export const routerDataSchema = z
  .looseObject({
    merchant_id: z.string().min(1),
    payment_id: z.string(),
    attempt_id: z.string().meta({ description: 'One attempt is one authorize (Hyperswitch).' }),
    refund_id: z.string().optional(),
    payout_id: z.string().optional(),
    connector: z.string().meta({ description: 'The connector name Hyperswitch routed to.' }),
    connector_auth_type: connectorAuthTypeSchema,
    payment_method: z.string().optional().meta({ description: 'Which payment method the request holds.' }),
    request: z
      .looseObject({})
      .meta({ description: 'The UCS request: snake_case, enums by name, secrets plain.' }),
    metadata: z
      .unknown()
      .optional()
      .meta({ description: "The merchant's metadata, parsed where it is JSON." }),
    test_mode: z.boolean(),
    tenant_id: z.string().optional(),
    profile_id: z.string().optional(),
    request_id: z
      .string()
      .optional()
      .meta({ description: "The merchant's API call, where Hyperswitch names one." }),
    external_vault_metadata: z
      .string()
      .optional()
      .meta({ description: 'How an external vault is to be used: base64 of JSON, as Hyperswitch sends it.' }),
  })
  .meta({ title: 'RouterData' });

export type RouterData = {
  readonly merchant_id: string;
  readonly payment_id: string;
  readonly attempt_id: string;
  readonly refund_id?: string;
  readonly payout_id?: string;
  readonly connector: string;
  readonly connector_auth_type: ConnectorAuthType;
  readonly payment_method?: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly metadata?: unknown;
  readonly test_mode: boolean;
  readonly tenant_id?: string;
  readonly profile_id?: string;
  readonly request_id?: string;
  readonly external_vault_metadata?: string;
};
