// The health of this engine.

import { OPTIONS } from '../calls.js'
import { healthOf, STOPPED } from '../health.js'

/** @import { EngineOperation } from '../operation.js' */

/** @type {EngineOperation[]} */
export const health = [
  {
    name: 'health',
    summary: 'Checks whether the engine works: whether it is live, and whether it is ready',
    access: 'read',
    options: {
      deep: { kind: 'boolean', flag: false, meaning: 'whether to ask the database for an answer, which takes at most 2 s' },
    },
    answer: { type: 'EngineHealth' },
    call: OPTIONS,
    command: 'health',
    remote: { path: '/engine/health', permission: 'view', tool: false },
    async run(engine, { deep = false }) {
      try {
        // Looked at last: the answer of a database that is away takes its time, and the engine may stop meanwhile.
        const probe = deep ? await engine.call('probe') : undefined
        return healthOf(await engine.call('health'), engine, probe)
      } catch (error) {
        if (/** @type {{ code?: unknown }} */ (error).code === 'ERAM_NOT_RUNNING') return STOPPED
        throw error
      }
    },
  },
]
