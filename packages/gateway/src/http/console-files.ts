/** The console's files at the HTTP door: read once, typed, cached where their names say what they hold. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

const SELF = ["'self'"];
const NOBODY = ["'none'"];
/** Nothing inline, nothing from elsewhere, and nobody frames it. */
const POLICY = {
  defaultSrc: NOBODY,
  scriptSrc: SELF,
  styleSrc: SELF,
  imgSrc: SELF,
  connectSrc: SELF,
  baseUri: NOBODY,
  formAction: NOBODY,
  frameAncestors: NOBODY,
};

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.md': 'text/plain; charset=utf-8',
};

/** Their names hold a hash of what is in them. */
const HASHED = '/assets/';

/**
 * @param folder as Vite builds it, with an index.html
 * @throws Error that says what to do, when it was not built
 */
export function createConsoleApp(folder: string): Hono {
  if (!existsSync(join(folder, 'index.html')))
    throw new Error(`the console in ${folder} was not built: npm run build`);
  const files = new Map(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [`/${name}`, readFileSync(join(folder, name))]),
  );
  const app = new Hono();
  app.use(
    secureHeaders({ contentSecurityPolicy: POLICY, strictTransportSecurity: false, xFrameOptions: 'DENY' }),
  );
  app.get('*', (context) => {
    if (context.req.path === '/console') return context.redirect('/console/');
    const path = context.req.path.replace(/^\/console/, '');
    // Addresses of screens: the page reads them itself.
    const name = files.has(path) ? path : '/index.html';
    if (name !== path && extname(path) !== '')
      return context.json({ error: { code: 'NOT_FOUND', message: 'the console has no such file' } }, 404);
    return context.body(new Uint8Array(files.get(name) ?? []), 200, {
      'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream',
      'Cache-Control': name.startsWith(HASHED) ? 'public, max-age=31536000, immutable' : 'no-cache',
    });
  });
  return app;
}
