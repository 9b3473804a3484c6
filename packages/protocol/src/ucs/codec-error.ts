/** What can be wrong with bytes or an object that should be a UCS message. No message ever holds a field's value. */
import { ValidationError } from '../bridge-error.js';

/** Bytes that are not the message they should be. */
export class UcsDecodeError extends ValidationError {
  constructor(
    readonly messageType: string,
    /** What is wrong, and at which byte. */
    readonly reason: string,
    cause?: unknown,
  ) {
    super(`not a ${messageType}: ${reason}`, { cause });
  }
}

/** An object that is not the message it should be: says where and what was expected. */
export class UcsEncodeError extends ValidationError {
  constructor(
    readonly messageType: string,
    /** `amount.currency`; empty for the message itself. */
    readonly path: string,
    readonly expected: string,
  ) {
    super(`${[messageType, path].filter(Boolean).join('.')}: ${expected}`);
  }
}
