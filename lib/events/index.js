// Table of contents of events/, what the engine and this side report.
//
//   kinds.js       the kinds of events
//   listeners.js   engine.on(), EramJob.onSuccess() and the like, and diagnostics_channel
//   log.js         the logger that jobs and plugins get

export { EVENT_FLAGS } from './kinds.js'
export { Listeners, onWorker } from './listeners.js'
export { createLog } from './log.js'
