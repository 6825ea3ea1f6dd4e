// Receives the directives and events of a local engine and carries them out.

import { native } from '../addon/index.js'
import { headline } from '../shared/serialize.js'

/** @import { EngineEvent } from '../shared/worker-listeners.js' */
/** @import { PluginRunners } from '../plugins/plugins.js' */
/** @import { WorkerPool } from '../workers/pool.js' */
/** @import { LocalQueues } from './local-queues.js' */

/**
 * @typedef {{ do: string, slot?: number, queue?: string, isolation?: 'thread' | 'process', plugin?: string, options?: Record<string, any> }} Directive
 */

/**
 * @typedef {object} DirectiveTargets
 * @property {string} engine  its name
 * @property {LocalQueues} queues
 * @property {WorkerPool} pool
 * @property {PluginRunners} plugins
 * @property {(event: EngineEvent) => void} emit
 * @property {() => boolean} isStopping
 */

export class Directives {
  #targets
  /** The addon's number for this receiver; 0 while it is closed. */
  #receiver = 0

  /** @param {DirectiveTargets} targets */
  constructor(targets) {
    this.#targets = targets
  }

  /**
   * @param {number} engine
   * @param {string | null} unstopped  what is printed if the thread ends before the engine is stopped
   */
  open(engine, unstopped) {
    this.#receiver = native().directives(engine, unstopped, () => this.drain())
  }

  close() {
    this.drain()
    this.#receiver = 0
  }

  /** Carries out everything that is pending. Never throws, because the engine calls it as its waker. */
  drain() {
    try {
      this.carryOut(this.#receiver === 0 ? null : native().takeDirectives(this.#receiver))
    } catch (error) {
      // An engine that has stopped has no directives: its stop() has returned the last ones.
      if (!this.#targets.isStopping()) process.emitWarning(/** @type {Error} */ (error))
    }
  }

  /** @param {string | null} text  directives and events, a JSON array */
  carryOut(text) {
    const { engine, emit } = this.#targets
    for (const each of JSON.parse(text ?? '[]')) {
      try {
        if (each.event) emit(each)
        else this.#perform(each)
      } catch (error) {
        process.emitWarning(`engine ${engine}: ${headline(error)}`)
      }
    }
  }

  /** @param {Directive} directive */
  #perform({ do: action, slot = 0, queue = '', isolation = 'thread', plugin = '', options }) {
    const { engine, queues, pool, plugins } = this.#targets
    switch (action) {
      case 'open':
        return queues.change(queue, options ?? {})
      case 'close':
        return queues.change(queue, null)
      case 'tick':
        return plugins.tick(plugin)
      case 'abort':
        return plugins.abort(plugin)
      case 'terminate':
        return pool.terminate(slot)
      case 'replace':
        return pool.replace(slot)
      case 'spawn':
        // A thread that cannot start is tried again; checkQueue() shows the reason.
        pool.startThreads(queue, isolation).catch(() => {})
        return
      default:
        process.emitWarning(`engine ${engine}: expected a known directive, got ${JSON.stringify(action)}`)
    }
  }
}
