/** The `[nats_bridge.tls]` and `[nats_bridge.auth]` sections: how NATS is spoken to, and as whom. */
import type { NatsCredentials, NatsTls } from '@nats-bridge/messaging';
import { z } from 'zod';
import { readableFile } from './readable-file.js';
import { secretText } from './secret-text.js';

export const natsTlsSchema = z
  .strictObject({
    /** Who may have signed the server's certificate (PEM). Left out: whom Node trusts. */
    ca_file: readableFile.optional(),
    /** The bridge's own certificate, for mutual TLS (PEM). */
    cert_file: readableFile.optional(),
    key_file: readableFile.optional(),
    /** The server speaks TLS before anything else (`handshake_first`). */
    handshake_first: z.boolean().default(false),
  })
  .check(({ value, issues }) => {
    const { cert_file, key_file } = value;
    if ((cert_file === undefined) === (key_file === undefined)) return;
    const missing = cert_file === undefined ? 'cert_file' : 'key_file';
    issues.push({
      code: 'custom',
      input: undefined,
      path: [missing],
      message: 'must be there: a certificate and its key go together',
    });
  });

/** One way to say who we are. */
const WAYS = ['creds_file', 'nkey_file', 'user', 'token'] as const;

export const natsAuthSchema = z
  .strictObject({
    /** A JWT and its key, as `nats-bridge auth` and `nsc` write them. */
    creds_file: readableFile.optional(),
    /** The seed of an NKEY. */
    nkey_file: readableFile.optional(),
    user: z.string().min(1).optional(),
    /** Of `user`. */
    password: secretText.optional(),
    token: secretText.optional(),
  })
  .check(({ value, issues }) => {
    const given = WAYS.filter((way) => value[way] !== undefined);
    const refuse = (key: string, message: string) =>
      issues.push({ code: 'custom', input: undefined, path: [key], message });
    if (given.length > 1)
      refuse(given[1] ?? '', `must not stand beside ${given[0]}: one of ${WAYS.join(', ')}`);
    if ((value.user === undefined) !== (value.password === undefined))
      refuse(value.user === undefined ? 'user' : 'password', 'must be there: user and password go together');
  });

/** @returns undefined without the section: TLS then is spoken where an address says `tls://` */
export function natsTlsOf(tls: z.output<typeof natsTlsSchema> | undefined): NatsTls | undefined {
  return (
    tls && {
      caFile: tls.ca_file,
      certFile: tls.cert_file,
      keyFile: tls.key_file,
      handshakeFirst: tls.handshake_first,
    }
  );
}

/** @returns undefined where none are configured: then what the address says, or nobody */
export function natsCredentialsOf(auth: z.output<typeof natsAuthSchema>): NatsCredentials | undefined {
  const { creds_file, nkey_file, user, password, token } = auth;
  if (creds_file !== undefined) return { kind: 'creds', credsFile: creds_file };
  if (nkey_file !== undefined) return { kind: 'nkey', nkeyFile: nkey_file };
  if (user !== undefined && password !== undefined) return { kind: 'user', user, password };
  return token && { kind: 'token', token };
}
