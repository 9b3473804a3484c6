#!/usr/bin/env node
/** Stands in the repository, unlike dist, so that `npm ci` on a fresh checkout can link the command. */
import '../dist/main.js';
