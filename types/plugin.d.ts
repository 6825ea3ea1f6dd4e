// Plugins of the application: code that ticks on the leader or on every node.
import type { JobLog } from './context.js'
import type { Duration } from './values.js'

/**
 * Periodic code of the application, on the leader or on every node, on the main thread of the
 * process that started the engine.
 *
 * A tick begins only after the previous one has ended. An exception is reported by
 * `plugin:exception` and on the log; the wait before the next tick then doubles, up to one hour (or
 * the interval, if longer), until a tick succeeds.
 *
 * @example
 * class PurgeSessions implements Plugin {
 *   static readonly on = 'leader'
 *   static readonly interval = '10 minutes'
 *
 *   async tick({ signal, log }: PluginContext) {
 *     const { rowCount } = await pool.query(`DELETE FROM sessions WHERE ended_at < now() - interval '1 day'`)
 *     if (!signal.aborted) log.info('deleted:', rowCount)
 *   }
 * }
 *
 * await EramEngine.start({ queues: { default: 10 }, plugins: [PurgeSessions] })
 */
export interface Plugin {
  /**
   * Called before the first tick on an engine; if it fails, it is called again before the next
   * tick.
   */
  start?(ctx: PluginContext): unknown
  /** Called once per interval. */
  tick(ctx: PluginContext): unknown
  /** Called when the engine stops, after the last tick, if there was one. */
  stop?(ctx: PluginContext): unknown
}

/**
 * The class of a {@link Plugin}. `start()` checks its static members and throws `ERAM_CONFIG` for
 * an invalid one.
 */
export interface PluginClass {
  new (options?: any): Plugin
  /** A unique name, 1 to 127 characters. @default the name of the class */
  readonly name: string
  /**
   * `'leader'`: ticks on the engine that leads, first when it is elected. `'node'`: on every
   * engine.
   * @default 'leader'
   */
  readonly on?: 'leader' | 'node' | undefined
  /**
   * Milliseconds between the end of a tick and the next, 10 ms to 20 days. With `'node'` it varies
   * by 10 %, so that nodes do not tick in step.
   * @default 60_000
   */
  readonly interval?: Duration | undefined
  /**
   * Milliseconds, 10 ms to 20 days, after which a tick's signal is aborted and `plugin:exception`
   * is emitted.
   * @default 300_000
   */
  readonly timeout?: Duration | undefined
}

/** What the methods of a {@link Plugin} receive. */
export interface PluginContext {
  // One of two inline imports, which keep the imports of these files free of cycles.
  /** The engine on which it ticks. */
  readonly engine: import('./engine.js').EramEngine
  /**
   * Aborted with a {@link PluginAborted} when the tick exceeds its timeout, when the engine stops,
   * and on the leader when it loses the lead: another may tick from then on. The signal of `stop`
   * is aborted at the end of the engine's `grace`.
   */
  readonly signal: AbortSignal
  /** Writes log lines of the engine: to `logger`, and as `engine:log`. */
  readonly log: JobLog
  /** Whether the engine leads at this moment. */
  readonly leading: boolean
}

/** The reason of a plugin's signal. */
export interface PluginAborted extends Error {
  readonly code: 'timeout' | 'shutdown' | 'leadership'
}
