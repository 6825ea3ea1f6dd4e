// The methods with @OnJobEvent that the providers and controllers of an application have for an engine.

import { EramError } from 'eramjs'
import { subscriptionsOf } from './decorators.js'

/** @import { DiscoveryService, MetadataScanner } from '@nestjs/core' */

/** @typedef {{ kind: string, engine: string, listen: (event: unknown) => unknown }} FoundListener */

export class Explorer {
  #discovery
  #scanner

  /** @param {DiscoveryService} discovery @param {MetadataScanner} scanner */
  constructor(discovery, scanner) {
    this.#discovery = discovery
    this.#scanner = scanner
  }

  /** The methods with @OnJobEvent for an engine. @param {string} engine @returns {FoundListener[]} */
  listeners(engine) {
    const wrappers = [...this.#discovery.getProviders(), ...this.#discovery.getControllers()]
    return wrappers.flatMap((wrapper) => {
      const { instance } = wrapper
      const prototype = instance && typeof instance === 'object' ? Object.getPrototypeOf(instance) : null
      if (!prototype || prototype === Object.prototype) return []
      return this.#scanner.getAllMethodNames(prototype).flatMap((method) => {
        const own = subscriptionsOf(prototype[method]).filter((each) => each.engine === engine)
        if (own.length > 0 && !wrapper.isDependencyTreeStatic()) {
          const name = `${prototype.constructor.name}.${method}`
          throw new EramError(
            'ERAM_CONFIG',
            `@OnJobEvent: expected ${name} to be of a provider with the default scope, got a request-scoped one`,
          )
        }
        return own.map(({ kind }) => ({ kind, engine, listen: (/** @type {unknown} */ event) => instance[method](event) }))
      })
    })
  }
}
