/** The routes of the HTTP door, and of the one for probes: is the process alive, is it ready to take payments, how do payments go. */
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { ADMIN_PATH } from '../admin/open-api.js';
import type { PaymentBridge } from '../bridge.js';
import { readHealth } from '../health/read-health.js';
import type { GatewayMetrics } from '../metrics/gateway-metrics.js';
import { describeFault, type OnWarning } from '../warning.js';

export type HttpAppOptions = {
  readonly bridge: Pick<PaymentBridge, 'health'>;
  /** True from the moment the gateway begins to close: load balancers should look elsewhere. */
  readonly isClosing: () => boolean;
  readonly onWarning: OnWarning;
  /** Left out: `/metrics` is not served. */
  readonly metrics?: Pick<GatewayMetrics, 'text' | 'contentType'>;
  /** The admin API; left out: it is not served. */
  readonly admin?: Hono;
  /** The console, which speaks to the admin API; left out: it is not served. */
  readonly console?: Hono;
  /** Whether the door speaks TLS; browsers are then told to come back by TLS alone. */
  readonly hasTls?: boolean;
};

/** Orders of the admin API are small. */
const MAX_BODY_BYTES = 65_536;

export function createHttpApp(options: HttpAppOptions): Hono {
  const { bridge, isClosing, onWarning, metrics, admin } = options;
  const app = new Hono();
  if (options.hasTls)
    app.use(async (context, next) => {
      await next();
      context.header('Strict-Transport-Security', 'max-age=31536000');
    });
  // Before the headers of everything else: it has its own.
  if (options.console !== undefined) app.route('/console', options.console);
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      strictTransportSecurity: false, // above, where there is TLS
      xFrameOptions: 'DENY',
    }),
  );
  app.use(async (context, next) => {
    await next();
    context.header('Cache-Control', 'no-store');
  });
  app.use(async (context, next) => {
    // Only a length that is announced can be refused before anything is read.
    if (context.req.header('transfer-encoding') !== undefined)
      return context.json(problem('LENGTH_REQUIRED', 'send Content-Length, and no chunks'), 411);
    if (Number(context.req.header('content-length') ?? 0) > MAX_BODY_BYTES)
      return context.json(problem('PAYLOAD_TOO_LARGE', `at most ${MAX_BODY_BYTES} bytes are taken`), 413);
    return next();
  });

  app.get('/healthz', (context) => context.json({ status: 'alive' }));
  app.get('/readyz', async (context) => {
    if (isClosing()) return context.json({ status: 'not_ready', detail: 'the bridge is shutting down' }, 503);
    const { isReady, detail } = await readHealth(bridge);
    return context.json({ status: isReady ? 'ready' : 'not_ready', detail }, isReady ? 200 : 503);
  });

  if (metrics !== undefined)
    app.get('/metrics', async (context) =>
      context.body(await metrics.text(), 200, { 'Content-Type': metrics.contentType }),
    );

  if (admin !== undefined) app.route(ADMIN_PATH, admin);

  app.notFound((context) =>
    context.json(problem('NOT_FOUND', 'nothing is served here; see /healthz, /readyz and /metrics'), 404),
  );
  app.onError((fault, context) => {
    onWarning(`HTTP ${context.req.method} ${context.req.routePath}: ${describeFault(fault)}`);
    return context.json(problem('INTERNAL_ERROR', 'the bridge failed; its log says where'), 500);
  });
  return app;
}

function problem(code: string, message: string) {
  return { error: { code, message } };
}
