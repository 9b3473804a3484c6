/** The `[gateway.admin]` section: who may use the admin API, and how much of it. */
import { createHash } from 'node:crypto';
import { readableFile } from '@nats-bridge/connector/configuration';
import { z } from 'zod';

export const ROLES = ['viewer', 'operator', 'admin'] as const;
/** Each may what those before it may. */
export type Role = (typeof ROLES)[number];

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, {
  error:
    'must be the SHA-256 of the token, as 64 lower-case hexadecimal digits: printf %s "$TOKEN" | sha256sum',
});

const token = z
  .strictObject({
    /** Who stands in the audit. */
    name: z.string().min(1).max(64),
    role: z.enum(ROLES),
    /** Of the token: the token itself stands nowhere. */
    sha256: sha256.optional(),
    /** Holds the token; read at start. */
    token_file: readableFile.optional(),
  })
  .refine(({ sha256, token_file }) => (sha256 === undefined) !== (token_file === undefined), {
    error: 'needs either sha256 or token_file',
  });

const oidc = z.strictObject({
  /** Whose tokens are taken; its keys are found at `{issuer}/.well-known/openid-configuration`. */
  issuer: z.url({ protocol: /^https?$/, error: 'must be the URL of an OpenID provider' }),
  /** What `aud` must name. */
  audience: z.string().min(1),
  /** The claim that names roles, a text or a list of texts. */
  role_claim: z.string().min(1).default('roles'),
  /** Which of the provider's roles is which of ours. */
  roles: z.record(z.string(), z.enum(ROLES)),
});

export const adminConfigSchema = z
  .strictObject({
    tokens: z.array(token).max(100).default([]),
    oidc: oidc.optional(),
    /** Requests a second of one token; as many may come at once. */
    rate_limit: z.int().min(1).max(10_000).default(50),
    /** Live streams at once. */
    max_streams: z.int().min(1).max(10_000).default(50),
  })
  .prefault({});

export type AdminConfig = z.output<typeof adminConfigSchema>;

/** Whether somebody could get in: otherwise neither admin API nor console is served. */
export function namesSomebody({ tokens, oidc }: AdminConfig): boolean {
  return tokens.length > 0 || oidc !== undefined;
}

export function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
