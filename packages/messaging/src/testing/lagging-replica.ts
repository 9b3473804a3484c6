/** A replica that does not have the end of a stream yet, as a cluster may ask one. */
import { headers as natsHeaders } from '@nats-io/nats-core';
import type { Connection } from '../connection/connection.js';

/** Direct reads from `end` on are answered by a replica that has nothing there yet. */
export async function lagging(connection: Connection, end: number): Promise<Connection> {
  const nats = await connection.get();
  nats.subscribe('lagging', {
    callback: (_, question) => void question.respond('', { headers: natsHeaders(404, 'Message Not Found') }),
  });
  const subjectFor = (subject: string, question: string | Uint8Array) => {
    const isDirect = subject.startsWith('$JS.API.DIRECT.GET.');
    const text = typeof question === 'string' ? question : Buffer.from(question).toString();
    return isDirect && JSON.parse(text).seq >= end ? 'lagging' : subject;
  };
  const asked = Object.create(nats, {
    publish: {
      value: (subject: string, question: string, options?: object) =>
        nats.publish(subjectFor(subject, question), question, options),
    },
    request: {
      value: (subject: string, question: string, options?: { timeout: number }) =>
        nats.request(subjectFor(subject, question), question, options),
    },
  });
  return Object.create(connection, {
    current: { get: () => asked },
    get: { value: async () => asked },
  });
}
