// The entry eramjs/enqueue: enqueues without the addon, in plain JavaScript. Its types and its documentation are in enqueue.d.ts.

export { defineJob, enqueue, statement } from './lib/producer/index.js'
export { EramError } from './lib/shared/errors.js'
