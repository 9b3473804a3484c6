/** A UCS server over gRPC. */
import {
  CallCredentials,
  type CallOptions,
  Client,
  type ClientUnaryCall,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { UcsCall, UcsEnding, UcsTarget } from '../ucs-target.js';
import { endingOfError } from './ending-of-error.js';
import { type TargetOptions, targetAddress } from './target-address.js';

export type GrpcTargetOptions = TargetOptions & {
  /** How long a call waits for a connection, in milliseconds. Default 5 000; the call's deadline bounds it. */
  readonly connectTimeoutMs?: number;
};

/** A target that vanished without closing its connection is noticed after both of these. */
const KEEPALIVE_TIME_MS = 30_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;

/**
 * Connects when it is first called, and again whenever it has to.
 *
 * @throws TypeError for a target that cannot be one, and for plain text to another machine
 */
export function createGrpcTarget(options: GrpcTargetOptions): UcsTarget {
  const { address, credentials } = targetAddress(options);
  const connectTimeoutMs = options.connectTimeoutMs ?? 5_000;
  const client = new Client(address, credentials, {
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 1_000,
    'grpc.keepalive_time_ms': KEEPALIVE_TIME_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
    // An answer that is too long for us would be an answer lost.
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    // Whether a call may be repeated is not for the library to say.
    'grpc.enable_retries': 0,
    'grpc.enable_channelz': 0,
  });

  const whenReady = (until: number): Promise<boolean> =>
    new Promise((resolve) => client.waitForReady(until, (error) => resolve(error === undefined)));

  return {
    async call(call) {
      const metadata = metadataOf(call.metadata);
      if (!(metadata instanceof Metadata)) return metadata;
      const connectUntil = Math.min(call.deadlineAt, Date.now() + connectTimeoutMs);
      for (;;) {
        if (call.signal.aborted) return { kind: 'not_sent', code: 'CANCELLED', message: 'Nobody waits' };
        if (!(await whenReady(connectUntil))) return unreachable(address);
        const { ending, wasSent } = await send(client, call, metadata);
        // The connection was lost between the two steps: nothing has left, so it may be tried again.
        const mayTryAgain = !wasSent && ending.kind === 'unknown' && ending.code === 'UNAVAILABLE';
        if (!mayTryAgain) return wasSent || ending.kind !== 'unknown' ? ending : unreachable(address);
        if (Date.now() >= connectUntil) return unreachable(address);
      }
    },
    close: () => client.close(),
  };
}

function unreachable(address: string): UcsEnding {
  return {
    kind: 'not_sent',
    code: 'UCS_UNREACHABLE',
    message: `The UCS at ${address} cannot be reached; nothing was sent`,
  };
}

async function send(
  client: Client,
  call: UcsCall,
  metadata: Metadata,
): Promise<{ ending: UcsEnding; wasSent: boolean }> {
  let wasSent = false;
  // Asked for when a connection was chosen, and just before the call goes out on it.
  const onWay = CallCredentials.createFromMetadataGenerator((_, callback) => {
    wasSent = true;
    callback(null, new Metadata());
  });
  const options: CallOptions = { deadline: call.deadlineAt, credentials: onWay };
  const ending = await new Promise<UcsEnding>((resolve) => {
    let abort = () => {};
    const unary: ClientUnaryCall = client.makeUnaryRequest(
      call.method.path,
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      Buffer.from(call.request.buffer, call.request.byteOffset, call.request.byteLength),
      metadata,
      options,
      (error: ServiceError | null, response?: Buffer) => {
        call.signal.removeEventListener('abort', abort);
        if (error !== null) resolve(endingOfError(error, call.method));
        else if (response === undefined)
          resolve({ kind: 'unknown', code: status[status.INTERNAL], message: 'The UCS gave no answer' });
        else resolve({ kind: 'answered', response });
      },
    );
    abort = () => unary.cancel();
    call.signal.addEventListener('abort', abort);
    if (call.signal.aborted) abort();
  });
  return { ending, wasSent };
}

/** A refusal for a name or value that gRPC cannot carry; without the value, which may be a credential. */
function metadataOf(values: Readonly<Record<string, string>>): Metadata | UcsEnding {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(values)) {
    try {
      metadata.set(name, value);
    } catch {
      const message = `${name} has characters that gRPC metadata cannot carry`;
      return { kind: 'refused', code: 'VALIDATION_ERROR', message };
    }
  }
  return metadata;
}
