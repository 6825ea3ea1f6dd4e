// A health indicator for @nestjs/terminus: up while the engine runs and its database answers.

import { EramEngine } from 'eramjs'

/** @import { EramHealthResult } from './index.js' */

export class EramHealthIndicator {
  /** @param {string} [key] @param {{ engine?: string }} [options] @returns {Promise<EramHealthResult>} */
  async isHealthy(key = 'eram', { engine: name = 'default' } = {}) {
    try {
      const engine = EramEngine.get(name)
      // The only one of these that asks the database.
      const [nodes, { listening, leading, unwritten }] = await Promise.all([engine.nodes(), engine.status()])
      return { [key]: { status: 'up', nodes: nodes.length, listening, leading, unwritten } }
    } catch (error) {
      const causes = { [key]: { status: /** @type {const} */ ('down'), message: /** @type {Error} */ (error).message } }
      if (await takesResults()) return causes
      throw Object.assign(new Error(`${key} is down`, { cause: error }), { isHealthCheckError: true, causes })
    }
  }
}

/** Whether Terminus takes results that say down: from version 11 on; before, such an indicator has to throw. */
async function takesResults() {
  const terminus = await import('@nestjs/terminus').catch(() => undefined)
  return !terminus || 'HealthIndicatorService' in terminus
}
