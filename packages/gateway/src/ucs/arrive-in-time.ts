/** Cuts calls whose request does not arrive: a caller that sends half a message would otherwise hold its place for ever. */
import {
  Metadata,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  status,
} from '@grpc/grpc-js';

/** @param limitMs from the call's beginning to the end of its request, in milliseconds */
export function arriveInTime(limitMs: number): ServerInterceptor {
  return (_method, call) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = () => clearTimeout(timer);
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        timer = setTimeout(() => {
          const details = `the request did not arrive within ${limitMs} ms`;
          call.sendStatus({ code: status.DEADLINE_EXCEEDED, details, metadata: new Metadata() });
        }, limitMs);
        next(metadata);
      })
      .withOnReceiveHalfClose((next) => {
        stop();
        next();
      })
      .withOnCancel(stop)
      .build();
    const responder = new ResponderBuilder()
      .withStart((next) => next(listener))
      .withSendStatus((answer, next) => {
        stop();
        next(answer);
      })
      .build();
    return new ServerInterceptingCall(call, responder);
  };
}
