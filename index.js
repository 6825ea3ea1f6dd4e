// The public entry: everything that users import. Its types and its documentation are in index.d.ts.

export { err, ok } from './lib/drivers/adapter.js'
export { EramEngine } from './lib/engine.js'
export { EramError } from './lib/errors.js'
export { EramJob } from './lib/job.js'
export { CancelJob, DiscardJob, RetryJob, SnoozeJob } from './lib/outcome.js'
