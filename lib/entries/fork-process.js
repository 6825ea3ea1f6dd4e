// Starts a job process.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** @import { IsolateData } from '../workers/pool.js' */

/** @param {Pick<IsolateData, 'exec_argv' | 'resource_limits'>} options */
export function forkProcess({ exec_argv, resource_limits }) {
  return fork(fileURLToPath(new URL('./job-process.js', import.meta.url)), [], {
    serialization: 'advanced',
    // In a process group of its own, so that it can be killed with the processes that it has started.
    detached: process.platform !== 'win32',
    execArgv: [...(exec_argv ?? process.execArgv), ...heapFlags(resource_limits)],
  })
}

/** The flags of Node for a process with these limits. @param {Record<string, number> | undefined} limits */
function heapFlags(limits) {
  return [
    ...(limits?.maxOldGenerationSizeMb ? [`--max-old-space-size=${limits.maxOldGenerationSizeMb}`] : []),
    ...(limits?.maxYoungGenerationSizeMb ? [`--max-semi-space-size=${Math.ceil(limits.maxYoungGenerationSizeMb / 3)}`] : []),
    ...(limits?.stackSizeMb ? [`--stack-size=${Math.floor(limits.stackSizeMb * 1000)}`] : []),
  ]
}
