/** Cuts calls whose request does not arrive: a caller that sends half a message would otherwise hold its place for ever. */
import type { ServerHttp2Stream } from 'node:http2';
import { ServerInterceptingCall, type ServerInterceptor, status } from '@grpc/grpc-js';
import type { UcsDoor } from './answer-call.js';
import { turnAway } from './refuse-call.js';
import { UnaryCall } from './unary-call.js';

/** @param limitMs from the call's beginning to the end of its request, in milliseconds */
export function arriveInTime(limitMs: number, door: Pick<UcsDoor, 'logging'>): ServerInterceptor {
  return ({ path, responseStream }, call) => {
    const Call = responseStream ? ServerInterceptingCall : UnaryCall;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = () => clearTimeout(timer);
    return new Call(call, {
      start(next) {
        timer = setTimeout(() => {
          const details = `the request did not arrive within ${limitMs} ms: nothing was done`;
          const method = path.replace('/types.', '');
          call.sendStatus(turnAway({ method }, { code: status.DEADLINE_EXCEEDED, details }, door));
          // grpc-js would wait for the rest, and has no public way to say that nobody wants it.
          (call as { readonly stream?: ServerHttp2Stream }).stream?.close();
        }, limitMs);
        next({
          onReceiveHalfClose(pass) {
            stop();
            pass();
          },
          onCancel: stop,
        });
      },
      sendStatus(answer, pass) {
        stop();
        pass(answer);
      },
    });
  };
}
