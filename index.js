// The public entry: everything that users import. Its types and its documentation are in index.d.ts and types/.

export { defineConfig, defineJob, EramEngine, EramJob } from './lib/engine/index.js'
export { CancelJob, DiscardJob, RetryJob, SnoozeJob } from './lib/job/index.js'
export { err, ok } from './lib/shared/driver-errors.js'
export { EramError } from './lib/shared/errors.js'
