#!/usr/bin/env -S node --max-semi-space-size=32
/**
 * Stands in the repository, unlike dist, so that `npm ci` on a fresh checkout can link the command. What a payment
 * leaves behind is young garbage: with more room for it V8 collects less often (docs/performance.md).
 */
import '../dist/main.js';
