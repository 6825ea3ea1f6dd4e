// Table of contents of events/, what the engine and this side report.
//
//   kinds.js       the kinds of events
//   listeners.js   engine.on() and diagnostics_channel
//   log.js         the logger that jobs and plugins get

export { EVENT_FLAGS } from './kinds.js'
export { Listeners } from './listeners.js'
export { createLog } from './log.js'
