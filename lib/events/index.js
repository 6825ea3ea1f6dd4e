// Table of contents of events/, what the engine and this side report.
//
//   kinds.js       the kinds of events
//   listeners.js   engine.on() and diagnostics_channel
//   log.js         the logger that jobs and plugins get
//   levels.js      the levels of its lines, and which are wanted
//   logger.js      the log of an engine, which shows events
//   record.js      what it shows of which
//   format.js      as lines

export { EVENT_FLAGS } from './kinds.js'
export { isWanted } from './levels.js'
export { Listeners } from './listeners.js'
export { createLog, formatted, logEntry } from './log.js'
export { EventLog, readLogger } from './logger.js'
