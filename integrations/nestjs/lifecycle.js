// Starts the engine when the application has been initialized, and stops it before the application's own shutdown, when what jobs
// use still works.

import { EramEngine, EramError } from 'eramjs'
import { createFrom } from './instances.js'
import { state } from './state.js'

/** @import { ModuleRef } from '@nestjs/core' */
/** @import { StartOptions } from 'eramjs' */
/** @import { Explorer } from './explorer.js' */

export class EramLifecycle {
  #name
  #options
  #moduleRef
  #explorer
  /** @type {EramEngine | undefined} */
  #engine

  /**
   * @param {string} name  of the engine
   * @param {StartOptions} options
   * @param {ModuleRef} moduleRef
   * @param {Explorer} explorer
   */
  constructor(name, options, moduleRef, explorer) {
    this.#name = name
    this.#options = options
    this.#moduleRef = moduleRef
    this.#explorer = explorer
    if (options.name !== undefined && options.name !== name) {
      throw new EramError(
        'ERAM_CONFIG',
        `EramModule: expected the engine to be named ${JSON.stringify(name)}, got ${JSON.stringify(options.name)}`,
      )
    }
  }

  async onApplicationBootstrap() {
    // A container of nestSetup: the engine runs in the isolate that started it.
    if (state.isJobIsolate) return
    const listeners = this.#explorer.listeners(this.#name)
    const create = createFrom(this.#moduleRef)
    // Nest handles signals, if the application enables shutdown hooks.
    const engine = await EramEngine.start({ create, ...this.#options, name: this.#name, signals: false })
    for (const { kind, listen } of listeners) engine.on(/** @type {any} */ (kind), listen)
    this.#engine = engine
  }

  async beforeApplicationShutdown() {
    await this.#engine?.stop()
  }
}
