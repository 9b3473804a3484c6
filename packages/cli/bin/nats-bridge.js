#!/usr/bin/env -S node --max-semi-space-size=32 --no-allocation-site-pretenuring --retain-maps-for-n-gc=50
/**
 * Stands in the repository, unlike dist, so that `npm ci` on a fresh checkout can link the command. What a payment
 * leaves behind is young garbage: with more room for it V8 collects less often, and it is not to be taken for what
 * lives long (docs/performance.md).
 */
import '../dist/main.js';
