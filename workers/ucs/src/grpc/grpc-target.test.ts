import { createServer as createHttp2Server, type OutgoingHttpHeaders } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import { Metadata, status } from '@grpc/grpc-js';
import { decodeUcs, encodeUcs, type Operation, operationRow, ucsMethodOf } from '@nats-bridge/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type ReceivedCall,
  type Script,
  type ScriptedUcs,
  startScriptedUcs,
} from '../testing/scripted-ucs.js';
import type { UcsCall, UcsTarget } from '../ucs-target.js';
import { createGrpcTarget } from './grpc-target.js';

const METHOD = ucsMethodOf(operationRow('authorize'), {});
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0).reverse()) close();
});

async function ucs(script: Script, port?: number): Promise<ScriptedUcs> {
  const server = await startScriptedUcs(script, port);
  closers.push(server.kill);
  return server;
}

function targetAt(address: string, connectTimeoutMs?: number): UcsTarget {
  const target = createGrpcTarget({ target: address, connectTimeoutMs });
  closers.push(target.close);
  return target;
}

const call = (changes: Partial<UcsCall> = {}): UcsCall => ({
  method: METHOD,
  metadata: { 'x-connector': 'stripe' },
  request: encodeUcs(METHOD.requestType, { merchant_transaction_id: 'a' }),
  deadlineAt: Date.now() + 10_000,
  signal: new AbortController().signal,
  ...changes,
});

const charged = () => ({ connector_transaction_id: 't', status: 'CHARGED' });
const never = () => new Promise<never>(() => {});

/** A script that never answers, and says when it was called. */
function hanging() {
  let inHand: (call: ReceivedCall) => void = () => {};
  const received = new Promise<ReceivedCall>((resolve) => {
    inHand = resolve;
  });
  const script: Script = (incoming) => {
    inHand(incoming);
    return never();
  };
  return { script, received };
}

describe('a call to a UCS', () => {
  it('hands on request, metadata and deadline, and gives the answer', async () => {
    const server = await ucs(charged);
    const deadlineAt = Date.now() + 4_000;
    const ending = await targetAt(server.address).call(call({ deadlineAt }));
    expect(ending).toMatchObject({ kind: 'answered' });
    if (ending.kind !== 'answered') return;
    expect(decodeUcs(METHOD.responseType, ending.response)).toEqual(charged());
    const [received] = server.calls;
    expect(received).toMatchObject({
      method: 'PaymentService/Authorize',
      request: { merchant_transaction_id: 'a' },
      metadata: { 'x-connector': 'stripe' },
    });
    expect(Math.abs((received?.deadlineAt ?? 0) - deadlineAt)).toBeLessThan(200);
  });

  it('takes answers longer than gRPC’s usual limit', async () => {
    const raw_connector_response = 'x'.repeat(5_000_000);
    const server = await ucs(() => ({ ...charged(), raw_connector_response }));
    expect(await targetAt(server.address).call(call())).toMatchObject({ kind: 'answered' });
  });

  it('was not sent where nobody listens, and says so before its deadline', async () => {
    const began = Date.now();
    const ending = await targetAt(`127.0.0.1:${await freePort()}`, 300).call(call());
    expect(ending).toMatchObject({ kind: 'not_sent', code: 'UCS_UNREACHABLE' });
    expect(Date.now() - began).toBeLessThan(5_000);
  });

  it('waits for a target that comes back', async () => {
    const port = await freePort();
    const ending = targetAt(`127.0.0.1:${port}`).call(call());
    const server = await ucs(charged, port);
    expect(await ending).toMatchObject({ kind: 'answered' });
    expect(server.calls).toHaveLength(1);
  });

  it('reaches a target that was restarted', async () => {
    const first = await ucs(charged);
    const target = targetAt(first.address);
    expect(await target.call(call())).toMatchObject({ kind: 'answered' });
    first.kill();
    const again = await ucs(charged, Number(first.address.split(':')[1]));
    expect(await target.call(call())).toMatchObject({ kind: 'answered' });
    expect(again.calls).toHaveLength(1);
  });

  it('is in doubt when the target is shut down with it in hand', async () => {
    const { script, received } = hanging();
    const server = await ucs(script);
    const ending = targetAt(server.address).call(call());
    await received;
    server.kill();
    expect(await ending).toMatchObject({ kind: 'unknown' });
    expect(server.calls).toHaveLength(1);
  });

  it('is in doubt at its deadline', async () => {
    const { script } = hanging();
    const server = await ucs(script);
    const ending = await targetAt(server.address).call(call({ deadlineAt: Date.now() + 300 }));
    expect(ending).toMatchObject({ kind: 'unknown', code: 'DEADLINE_EXCEEDED' });
    expect(server.calls).toHaveLength(1);
  });

  it('is in doubt, and cancelled at the target, when its signal aborts', async () => {
    const { script, received } = hanging();
    const server = await ucs(script);
    const abandon = new AbortController();
    const ending = targetAt(server.address).call(call({ signal: abandon.signal }));
    const { cancelled } = await received;
    abandon.abort();
    expect(await ending).toMatchObject({ kind: 'unknown', code: 'CANCELLED' });
    await cancelled;
  });

  it('is not sent at all once its signal has aborted', async () => {
    const server = await ucs(charged);
    expect(await targetAt(server.address).call(call({ signal: AbortSignal.abort() }))).toMatchObject({
      kind: 'not_sent',
    });
    expect(server.calls).toHaveLength(0);
  });

  it('is refused here when its metadata cannot travel, without showing it', async () => {
    const server = await ucs(charged);
    const ending = await targetAt(server.address).call(call({ metadata: { 'x-api-key': 'sk\nlive' } }));
    expect(ending).toEqual({
      kind: 'refused',
      code: 'VALIDATION_ERROR',
      message: 'x-api-key has characters that gRPC metadata cannot carry',
    });
    expect(server.calls).toHaveLength(0);
  });
});

describe('a gRPC error', () => {
  const REFUSED = [
    'INVALID_ARGUMENT',
    'FAILED_PRECONDITION',
    'OUT_OF_RANGE',
    'UNAUTHENTICATED',
    'PERMISSION_DENIED',
    'NOT_FOUND',
  ];
  const codes = Object.values(status).filter(
    (code): code is status => typeof code === 'number' && code !== 0,
  );

  it.each(codes.map((code) => [status[code] ?? '', code] as const))(
    '%s is never a guess',
    async (name, code) => {
      const server = await ucs(() => ({ grpcError: { code, details: 'because' } }));
      expect(await targetAt(server.address).call(call())).toEqual({
        kind: REFUSED.includes(name) ? 'refused' : 'unknown',
        code: name,
        message: 'because',
      });
      expect(server.calls).toHaveLength(1);
    },
  );

  it.each<[string, OutgoingHttpHeaders]>([
    ['tonic, and with it Prism, says so: without a word', {}],
    ['servers that name the method say so', { 'grpc-message': `Method not found: ${METHOD.path.slice(1)}` }],
  ])('UNIMPLEMENTED is a refusal where a server has no such method, as %s', async (_what, message) => {
    const address = await bareServer({ 'grpc-status': status.UNIMPLEMENTED, ...message });
    expect(await targetAt(address).call(call())).toMatchObject({ kind: 'refused', code: 'UNIMPLEMENTED' });
  });

  it('UNIMPLEMENTED is a refusal where grpc-js has no such method', async () => {
    const server = await ucs(charged);
    const method = { ...METHOD, path: '/types.PaymentService/AuthorizeOfNextYear' };
    expect(await targetAt(server.address).call(call({ method }))).toMatchObject({ kind: 'refused' });
    expect(server.calls).toHaveLength(0);
  });

  it('UNIMPLEMENTED is in doubt where it may be a processor’s HTTP 501, if money can have moved', async () => {
    const details = 'Connector returned an error response with status 501';
    const server = await ucs(() => ({ grpcError: { code: status.UNIMPLEMENTED, details } }));
    const kindOf = async (operation: Operation) => {
      const method = ucsMethodOf(operationRow(operation), {});
      const request = encodeUcs(method.requestType, {});
      return (await targetAt(server.address).call(call({ method, request }))).kind;
    };
    expect(await kindOf('refund')).toBe('unknown');
    expect(await kindOf('create_order')).toBe('refused');
    // Else the webhook would come again and again.
    expect(await kindOf('parse_webhook')).toBe('refused');
  });

  it('is in doubt where grpc-js makes it of a good end without an answer', async () => {
    const address = await bareServer({ 'grpc-status': status.OK });
    expect(await targetAt(address).call(call())).toMatchObject({
      kind: 'unknown',
      message: 'No message received',
    });
  });

  it('may carry what the connector said', async () => {
    const said = { error_message: 'No', error_code: 'CONNECTOR_ERROR_RESPONSE', http_status_code: 402 };
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', Buffer.from(encodeUcs('ConnectorError', said)));
    const server = await ucs(() => ({ grpcError: { code: status.INTERNAL, details: 'No', metadata } }));
    const ending = await targetAt(server.address).call(call());
    expect(ending.kind).toBe('connector_error');
    if (ending.kind === 'connector_error') expect(decodeUcs('ConnectorError', ending.error)).toEqual(said);
  });

  it('with details of another kind is what its code says', async () => {
    const metadata = new Metadata();
    metadata.set('grpc-status-details-bin', Buffer.from([0xff, 0xff]));
    const server = await ucs(() => ({ grpcError: { code: status.INTERNAL, details: 'No', metadata } }));
    expect(await targetAt(server.address).call(call())).toMatchObject({ kind: 'unknown', code: 'INTERNAL' });
  });
});

/** A server that ends each call with these headers and nothing else. @returns its address */
async function bareServer(headers: OutgoingHttpHeaders): Promise<string> {
  const server = createHttp2Server();
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', ...headers }, { endStream: true });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
