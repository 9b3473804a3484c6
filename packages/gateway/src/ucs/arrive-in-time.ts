/** Cuts calls whose request does not arrive: a caller that sends half a message would otherwise hold its place for ever. */
import type { ServerHttp2Stream } from 'node:http2';
import { type ServerInterceptingCallInterface, type ServerInterceptor, status } from '@grpc/grpc-js';
import type { UcsDoor } from './answer-call.js';
import { turnAway } from './refuse-call.js';

/** As grpc-js makes it. The stream is not public; a listener on it costs less than an interceptor around each step. */
type CallOverHttp2 = ServerInterceptingCallInterface & { readonly stream: ServerHttp2Stream };

/** @param limitMs from the call's beginning to the end of its request, in milliseconds */
export function arriveInTime(limitMs: number, door: Pick<UcsDoor, 'logging'>): ServerInterceptor {
  return ({ path }, call) => {
    const { stream } = call as CallOverHttp2;
    const timer = setTimeout(() => {
      const details = `the request did not arrive within ${limitMs} ms: nothing was done`;
      const method = path.replace('/types.', '');
      call.sendStatus(turnAway({ method }, { code: status.DEADLINE_EXCEEDED, details }, door));
      // grpc-js would wait for the rest.
      stream.close();
    }, limitMs);
    const stop = () => clearTimeout(timer);
    stream.once('end', stop);
    stream.once('close', stop);
    return call as CallOverHttp2 & ReturnType<ServerInterceptor>;
  };
}
