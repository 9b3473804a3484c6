/** How a connection to NATS is protected, and with what it shows who it is. */
import { readFileSync } from 'node:fs';
import type { Secret } from '@nats-bridge/protocol';
import {
  type Authenticator,
  credsAuthenticator,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from '@nats-io/nats-core';
import type { NodeConnectionOptions } from '@nats-io/transport-node';

/** Files are PEM, and read anew at every connect and reconnect: a renewed certificate needs no restart. */
export type NatsTls = {
  /** Who may have signed the server's certificate. Default: whom Node trusts. */
  readonly caFile?: string;
  /** Our own certificate, where the server asks for one (mutual TLS). */
  readonly certFile?: string;
  readonly keyFile?: string;
  /** The server is known to speak TLS before anything else (nats-server 2.10.4, `handshake_first`). Default false. */
  readonly handshakeFirst?: boolean;
};

/** Files are read anew at every connect and reconnect: rotated credentials need no restart. */
export type NatsCredentials =
  /** A JWT and its key, as `nsc` or `nats-bridge auth` writes them. */
  | { readonly kind: 'creds'; readonly credsFile: string }
  /** The seed of an NKEY (`SU…`). */
  | { readonly kind: 'nkey'; readonly nkeyFile: string }
  | { readonly kind: 'user'; readonly user: string; readonly password: Secret<string> }
  | { readonly kind: 'token'; readonly token: Secret<string> };

/** NATS over TLS below 1.3 is refused (specification, "Transport Security"). */
export function tlsOptionsOf(tls: NatsTls): NonNullable<NodeConnectionOptions['tls']> {
  // Node's own TLS options pass through nats.js, whose type names only a few.
  return { ...tls, minVersion: 'TLSv1.3' } as NonNullable<NodeConnectionOptions['tls']>;
}

export function authenticatorOf(credentials: NatsCredentials): Authenticator {
  switch (credentials.kind) {
    case 'creds':
      return (nonce) => credsAuthenticator(new Uint8Array(readFileSync(credentials.credsFile)))(nonce);
    case 'nkey':
      return (nonce) => nkeyAuthenticator(seedIn(credentials.nkeyFile))(nonce);
    case 'user':
      return usernamePasswordAuthenticator(credentials.user, () => credentials.password.reveal());
    case 'token':
      return tokenAuthenticator(() => credentials.token.reveal());
  }
}

function seedIn(file: string): Uint8Array {
  return new TextEncoder().encode(readFileSync(file, 'utf8').trim());
}

/** True for addresses that only this machine can reach. */
export function isLoopback(host: string): boolean {
  return /^(localhost|\[?::1\]?|127(\.\d{1,3}){3})$/.test(host);
}
