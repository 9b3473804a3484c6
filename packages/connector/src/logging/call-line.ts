/** What happens to calls, and to the breakers around them, as lines of the log. */
import type { LogInput } from '@nats-bridge/logging';
import type { CallIds, CallResult, Observation } from '../call/observation.js';

/** @returns undefined for what is no line of its own */
export function callLine(observation: Observation): LogInput | undefined {
  const { operation, connector } = observation;
  switch (observation.type) {
    case 'call_began':
      return undefined;
    case 'call_ended': {
      const { result, code, durationMs, traceId } = observation;
      // There is one for each call: named one by one, as fields behind a spread cost V8 a microsecond each.
      const { merchant_id, payment_id, attempt_id, correlation_id } = fieldsOf(observation.ids);
      return {
        level: isInDoubt(result) ? 'warn' : 'info',
        module: 'calls',
        message: `${operation} ${SAID[result]}`,
        event: observation.type,
        operation,
        connector,
        merchant_id,
        payment_id,
        attempt_id,
        correlation_id,
        trace_id: traceId,
        result,
        code,
        duration_ms: Math.round(durationMs * 1_000) / 1_000,
      };
    }
    case 'call_retried':
      return {
        level: 'warn',
        module: 'calls',
        message: `${operation} is tried once more`,
        event: observation.type,
        operation,
        connector,
        ...fieldsOf(observation.ids),
        code: observation.code,
      };
    case 'breaker_changed': {
      const { state } = observation;
      return {
        level: state === 'open' ? 'warn' : 'info',
        module: 'breakers',
        message: `the circuit of ${operation} at ${connector} is ${state.replace('_', ' ')}`,
        event: observation.type,
        operation,
        connector,
      };
    }
  }
}

/** As fields of a line. */
export function fieldsOf({
  merchantId,
  paymentId,
  attemptId,
  correlationId,
}: CallIds): Pick<LogInput, 'merchant_id' | 'payment_id' | 'attempt_id' | 'correlation_id'> {
  return {
    // Hyperswitch leaves out what an operation has none of.
    merchant_id: merchantId || undefined,
    payment_id: paymentId || undefined,
    attempt_id: attemptId || undefined,
    correlation_id: correlationId,
  };
}

const SAID: Readonly<Record<CallResult, string>> = {
  success: 'succeeded',
  failure: 'was declined',
  processing: 'is being processed',
  unknown: 'is in doubt: it may have happened',
  not_sent: 'was not sent: it has not happened',
};

/** A decline is an answer. */
function isInDoubt(result: CallResult): boolean {
  return result === 'unknown' || result === 'not_sent';
}
