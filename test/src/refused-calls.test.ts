/** A call that is refused has an id, which its caller hears and under which it stands in the log. */
import { status as grpcStatus, type ServiceError } from '@grpc/grpc-js';
import {
  encodeUcs,
  type LogEntry,
  operationOfMethod,
  parseLogEntries,
  UCS_METHODS,
} from '@nats-bridge/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorizeRequest, METADATA, type Meta, type Stack, startStack } from './stack-under-test.js';
import { until } from './until.js';

const AUTHORIZE = 'PaymentService/Authorize';
const REQUEST_TYPE = UCS_METHODS.find(
  ({ service, method }) => `${service}/${method}` === AUTHORIZE,
)?.requestType;

let count = 0;
const request = () => encodeUcs(REQUEST_TYPE ?? '', authorizeRequest(`att_${++count}`));

describe('a call that is refused', () => {
  let stack: Stack;
  const lines: LogEntry[] = [];
  const refusalOf = async (bytes: Uint8Array, metadata: Meta, method = AUTHORIZE) => {
    const error: ServiceError = await stack.raw(method, bytes, metadata).then(
      () => Promise.reject(new Error('it was answered')),
      (refusal) => refusal,
    );
    const [correlationId, ...others] = error.metadata.get('x-correlation-id');
    expect(others).toEqual([]);
    expect(correlationId).toMatch(/^[0-9a-f-]{36}$/);
    return { code: error.code, correlationId };
  };
  /** All lines about it, when one has come. */
  const linesOf = (correlationId: unknown) =>
    until('its line', () => {
      const found = lines.filter((line) => line.correlation_id === correlationId);
      return found.length > 0 ? found : undefined;
    });

  beforeAll(async () => {
    stack = await startStack({ logging: true });
    (await stack.nats()).subscribe('hyperswitch.logs.>', {
      callback: (_, { subject, data }) => void lines.push(...parseLogEntries(subject, data)),
    });
  });
  afterAll(() => stack.close());

  it.each<[string, Uint8Array | undefined, Meta, number]>([
    ['bytes that are no message', Buffer.from([0xff, 0xff]), {}, grpcStatus.INVALID_ARGUMENT],
    ['metadata without a merchant', undefined, { 'x-merchant-id': undefined }, grpcStatus.INVALID_ARGUMENT],
    ['a shadow call', undefined, { 'x-shadow-mode': 'true' }, grpcStatus.FAILED_PRECONDITION],
  ])(
    'before it is read has an id of its own, in the log and at its caller: %s',
    async (_what, bytes, metadata, code) => {
      const secret = { 'x-api-key': 'sk_live_secret' };
      const ask = () => refusalOf(bytes ?? request(), { ...METADATA, ...secret, ...metadata });
      const [refusal, other] = [await ask(), await ask()];
      expect(refusal.code).toBe(code);
      expect(other.correlationId).not.toBe(refusal.correlationId);
      const found = await linesOf(refusal.correlationId);
      expect(found).toMatchObject([
        {
          event: 'call_refused',
          level: 'warn',
          module: 'gateway',
          operation: 'authorize',
          code: grpcStatus[code],
        },
      ]);
      expect(JSON.stringify(found)).not.toContain('sk_live');
    },
  );

  it('because nobody serves its method has one, too', async () => {
    const refused = UCS_METHODS.map(({ service, method }) => `${service}/${method}`).find(
      (name) => operationOfMethod(name) === undefined,
    );
    const refusal = await refusalOf(Buffer.alloc(0), METADATA, refused);
    expect(refusal.code).toBe(grpcStatus.UNIMPLEMENTED);
    expect(await linesOf(refusal.correlationId)).toMatchObject([
      { event: 'call_refused', code: 'UNIMPLEMENTED', message: expect.stringContaining(refused ?? '') },
    ]);
  });

  it('by the connector has the id of its line there, and no second one', async () => {
    const tooLong = { ...METADATA, 'x-merchant-id': 'm'.repeat(4_096) };
    const { code, correlationId } = await refusalOf(request(), tooLong);
    expect(code).toBe(grpcStatus.INVALID_ARGUMENT);
    expect(await linesOf(correlationId)).toMatchObject([{ event: 'call_ended', code: 'VALIDATION_ERROR' }]);
  });
});
