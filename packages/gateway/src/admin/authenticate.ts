/** Who asks: by a bearer token that is known by its digest, or by one of an OpenID provider. Never by a cookie. */

import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { type AdminConfig, digestOf, namesSomebody, ROLES, type Role } from './admin-config.js';

export type Principal = { readonly who: string; readonly role: Role };

/** @returns undefined for a token that nobody gave out */
export type Authenticate = (token: string) => Promise<Principal | undefined>;

/** @returns undefined where nobody could ever get in: then nothing is served */
export function createAuthenticate(config: AdminConfig): Authenticate | undefined {
  if (!namesSomebody(config)) return undefined;
  const { tokens, oidc } = config;
  const known = tokens.map(({ name, role, sha256, token_file = '' }) => ({
    principal: { who: name, role },
    digest: Buffer.from(sha256 ?? digestOf(readFileSync(token_file, 'utf8').trim()), 'hex'),
  }));
  const verify = oidc && createVerify(oidc);
  return async (token) => {
    const digest = Buffer.from(digestOf(token), 'hex');
    // All are compared, so that time tells nothing of which is nearest.
    const [found] = known.filter((one) => timingSafeEqual(one.digest, digest));
    return found?.principal ?? verify?.(token);
  };
}

type Oidc = NonNullable<AdminConfig['oidc']>;

const DISCOVERY_MS = 5_000;

function createVerify({ issuer, audience, role_claim, roles }: Oidc): Authenticate {
  let keys: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;

  async function discover(): Promise<ReturnType<typeof createRemoteJWKSet>> {
    const url = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`;
    const answer = await fetch(url, { signal: AbortSignal.timeout(DISCOVERY_MS) });
    const { jwks_uri } = (await answer.json()) as { jwks_uri: string };
    return createRemoteJWKSet(new URL(jwks_uri), { timeoutDuration: DISCOVERY_MS });
  }

  return async (token) => {
    if (token.split('.').length !== 3) return undefined; // no JWT: the provider need not be asked
    keys ??= discover().catch((error: unknown) => {
      keys = undefined; // the next one asks again
      throw error;
    });
    try {
      const { payload } = await jwtVerify(token, await keys, { issuer, audience, requiredClaims: ['exp'] });
      const role = highestRole(payload, role_claim, roles);
      return role && { who: nameIn(payload), role };
    } catch {
      return undefined;
    }
  };
}

function highestRole(payload: JWTPayload, claim: string, roles: Oidc['roles']): Role | undefined {
  const said = payload[claim];
  const named = (Array.isArray(said) ? said : [said]).flatMap((one) => roles[String(one)] ?? []);
  return ROLES.toReversed().find((role) => named.includes(role));
}

function nameIn({ preferred_username, email, sub }: JWTPayload): string {
  return String(preferred_username ?? email ?? sub ?? 'unknown').slice(0, 128);
}
