/** Reads server addresses as people write them: several in one string, with a scheme, with credentials. */
import { InvalidMessageError } from '../errors.js';
import { isLoopback } from './nats-security.js';

export type ServerAddresses = {
  /** `host:port`, without credentials: safe to show. */
  readonly hosts: readonly string[];
  /** From the first address that has any. */
  readonly credentials?: { readonly user: string; readonly pass: string } | { readonly token: string };
  /** An address asked for TLS by its scheme. */
  readonly tls: boolean;
  /** Those of the hosts that are not this machine. */
  readonly remoteHosts: readonly string[];
};

/** @throws InvalidMessageError when an address is not one (it is not repeated, it may hold a password) */
export function parseServerAddresses(servers: string | readonly string[]): ServerAddresses {
  const list = (typeof servers === 'string' ? servers.split(',') : servers).map((one) => one.trim());
  let credentials: ServerAddresses['credentials'];
  let tls = false;
  const remoteHosts: string[] = [];
  const hosts = list.filter(Boolean).map((address) => {
    const url = parse(address);
    tls ||= url.protocol === 'tls:';
    if (credentials === undefined && url.username !== '') {
      const user = decodeURIComponent(url.username);
      credentials = url.password === '' ? { token: user } : { user, pass: decodeURIComponent(url.password) };
    }
    const host = `${url.hostname}:${url.port || '4222'}`;
    if (!isLoopback(url.hostname)) remoteHosts.push(host);
    return host;
  });
  if (hosts.length === 0) throw new InvalidMessageError('no NATS server address is configured');
  return { hosts, credentials, tls, remoteHosts };
}

/** Servers on other machines that would be spoken to in clear, as `host:port`. */
export function plaintextHosts({
  servers,
  tls,
}: {
  readonly servers: string | readonly string[];
  readonly tls?: unknown;
}): readonly string[] {
  const addresses = parseServerAddresses(servers);
  return tls === undefined && !addresses.tls ? addresses.remoteHosts : [];
}

function parse(address: string): URL {
  const withScheme = address.includes('://') ? address : `nats://${address}`;
  if (URL.canParse(withScheme)) {
    const url = new URL(withScheme);
    if ((url.protocol === 'nats:' || url.protocol === 'tls:') && url.hostname !== '') return url;
  }
  throw new InvalidMessageError(
    'a NATS server address is not of the form nats://host:port or tls://host:port',
  );
}
