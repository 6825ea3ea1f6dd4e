// The kinds of events: those that the engine emits, and those that originate in JavaScript.

/** Emitted by the engine, once it has been asked for them; the list of `src/telemetry.rs`, in its order. */
const ENGINE_EVENTS = /** @type {const} */ ([
  'job:start',
  'job:stop',
  'job:exception',
  'job:lost',
  'job:rescued',
  'job:discarded',
  'job:unhandled',
  'queue:update',
  'queue:shutdown',
  'stager:stop',
  'cron:insert',
  'cron:missed',
  'cron:exception',
  'notifier:switch',
  'database:switch',
  'producer:lost',
  'engine:refused',
  'warning',
  'pruner:stop',
  'reindexer:stop',
  'leader:elected',
  'leader:lost',
  'message',
])

/** Emitted on this side only; the engine does not know them. */
export const LOCAL_EVENTS = /** @type {const} */ ([
  'thread:start',
  'thread:exit',
  'job:warning',
  'job:log',
  'listener:exception',
  'engine:log',
  'plugin:start',
  'plugin:stop',
  'plugin:exception',
])

/** What subscribers of node:diagnostics_channel may follow, as `eram:<kind>`. */
export const EVENT_KINDS = /** @type {readonly string[]} */ ([...ENGINE_EVENTS, ...LOCAL_EVENTS])

/**
 * Events that job threads emit only while there is a listener for them. Each has a flag in memory that all threads share, at
 * its index in this list: 1 if there is one.
 */
export const EVENT_FLAGS = ['job:log', 'job:warning']
