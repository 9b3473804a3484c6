/** The subjects of JetStream's own interface (NATS ADR-15, ADR-31), of which permissions are made. */

const API = '$JS.API';

/** Under which the accounts without streams ask for those of the bridge; `domain` of any NATS client. */
export const DOMAIN = 'BRIDGE';

/** `$JS.API.{verb}.{…names}`, for example `CONSUMER.MSG.NEXT` of a stream's consumer. */
export function api(verb: string, ...names: readonly string[]): string {
  return [API, verb, ...names].join('.');
}

/** Every acknowledgement of a consumer's messages. */
export function acksOf(stream: string, consumer: string): string {
  return `$JS.ACK.${stream}.${consumer}.>`;
}

/** Every acknowledgement of a stream's messages, in both forms in use. */
export function acksOfStream(stream: string): readonly string[] {
  return [`$JS.ACK.${stream}.>`, `$JS.ACK.*.*.${stream}.>`];
}

/** The last message of each subject that matches, read without the rest of the stream. */
export function lastMessagesOf(stream: string, subject: string): string {
  return api('DIRECT.GET', stream, subject);
}

/** What an object store writes and reads under (ADR-20). */
export function objectsOf(bucket: string): { readonly stream: string; readonly subjects: readonly string[] } {
  return { stream: `OBJ_${bucket}`, subjects: [`$O.${bucket}.C.*`, `$O.${bucket}.M.*`] };
}

/**
 * A subject as an account without streams knows it: the interface of JetStream stands under its domain there, because
 * under its own name the server answers that the account has no streams. Wildcards become references, for a mapping.
 */
export function inBorrowingAccount(subject: string, wildcards: 'kept' | 'numbered' = 'kept'): string {
  if (!subject.startsWith(`${API}.`)) return subject;
  const local = `$JS.${DOMAIN}.API${subject.slice(API.length)}`;
  if (wildcards === 'kept') return local;
  let number = 0;
  return local
    .split('.')
    .map((token) => (token === '*' ? `$${++number}` : token))
    .join('.');
}
