// The public entry: everything that users import. Its types and its documentation are in index.d.ts and types/.

export { err, ok } from './lib/drivers/adapter.js'
export { EramEngine } from './lib/engine/engine.js'
export { EramJob } from './lib/engine/job.js'
export { CancelJob, DiscardJob, RetryJob, SnoozeJob } from './lib/job/outcomes.js'
export { EramError } from './lib/shared/errors.js'
