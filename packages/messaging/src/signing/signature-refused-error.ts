/** A message that nobody who is trusted has signed as it is, and why. */
import { ValidationError } from '@nats-bridge/protocol';

export class SignatureRefusedError extends ValidationError {}
