/** The keys under which the operation may be recorded that an id of a request stands for. */
import { idempotencyKey, keyOfAlias, type RouterData } from '@nats-bridge/protocol';
import { keysOfBeginnings } from './beginnings.js';

/**
 * Who asked without an id was given the alias of an authorization: the door knows the attempt, and not what it began
 * with. So that alias stands for every beginning, as no id does.
 *
 * @returns none for an id of the processor
 */
export function keysBehindId(id: string, data: RouterData): readonly string[] {
  if (id === '') return keysOfBeginnings(data);
  const key = keyOfAlias(id);
  if (key === undefined) return [];
  return key === authorizationOf(data) ? keysOfBeginnings(data) : [key];
}

function authorizationOf(data: RouterData): string | undefined {
  return data.attempt_id === '' ? undefined : idempotencyKey('authorize', { ...data, request: {} });
}
