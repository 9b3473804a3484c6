/** Where a UCS server is and how it is spoken to: TLS everywhere but on this machine. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';

export type TargetOptions = {
  /** `host:port`, or with `http://` or `https://` before it. */
  readonly target: string;
  /** Plain text to another machine. Credentials and card numbers can then be read on the way. Default false. */
  readonly insecure?: boolean;
  readonly tls?: {
    /** PEM file of the authorities to trust. Default: the system's. */
    readonly caFile?: string;
    /** PEM files of this worker's own certificate and key, where the target asks for one. */
    readonly certFile?: string;
    readonly keyFile?: string;
  };
};

export type TargetAddress = {
  /** `host:port` */
  readonly address: string;
  readonly isPlain: boolean;
  readonly credentials: ChannelCredentials;
};

/** Reads where to and how. @throws TypeError that says what is wrong and what to write instead */
export function targetAddress({ target, insecure = false, tls }: TargetOptions): TargetAddress {
  const { scheme, host, address } = parse(target);
  const mayBePlain = isLoopback(host) || insecure;
  const wantsTls = scheme === 'https' || tls !== undefined;
  if (wantsTls && insecure)
    throw new TypeError(`${target}: TLS and --insecure exclude each other; leave one of them out`);
  if (scheme === 'http' && !mayBePlain)
    throw new TypeError(
      `${target} is plain text to another machine, and credentials and card numbers travel on it: use https://, or --insecure where the network itself is encrypted`,
    );
  const isPlain = !wantsTls && mayBePlain;
  return { address, isPlain, credentials: isPlain ? credentials.createInsecure() : tlsCredentials(tls) };
}

function parse(target: string): { scheme: string | undefined; host: string; address: string } {
  const found = /^(?:(https?):\/\/)?(\[[0-9a-fA-F:.]+\]|[^[\]:/\s]+):(\d{1,5})\/?$/.exec(target);
  const [, scheme, host = '', port = ''] = found ?? [];
  if (found === null || Number(port) < 1 || Number(port) > 65_535)
    throw new TypeError(
      `"${target.slice(0, 80)}" is no target: write host:port, such as prism.internal:8000`,
    );
  return { scheme, host: host.replace(/^\[|\]$/g, ''), address: `${host}:${port}` };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function tlsCredentials(tls: TargetOptions['tls'] = {}): ChannelCredentials {
  if ((tls.certFile === undefined) !== (tls.keyFile === undefined))
    throw new TypeError('a certificate and its key belong together: give both or none');
  const pem = (file: string | undefined) => (file === undefined ? null : readFileSync(file));
  return credentials.createSsl(pem(tls.caFile), pem(tls.keyFile), pem(tls.certFile));
}
