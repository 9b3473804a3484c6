/** How the console is built: hashed files under /console/, without anything inline, which its CSP would refuse. */
import { readdirSync, readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vite';

const RUNBOOKS = new URL('../../docs/runbooks/', import.meta.url);

export default defineConfig({
  base: '/console/',
  plugins: [runbooks()],
  build: {
    outDir: 'dist/site',
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});

/** The page of each alert, as it is in the documentation: a link to it opens where the console is, with no internet. */
function runbooks(): Plugin {
  return {
    name: 'runbooks',
    generateBundle() {
      for (const name of readdirSync(RUNBOOKS))
        this.emitFile({
          type: 'asset',
          fileName: `runbooks/${name}`,
          source: readFileSync(new URL(name, RUNBOOKS)),
        });
    },
  };
}
