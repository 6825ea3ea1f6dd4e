// Measures the CPU time and the heap of attempts, only where both belong to one of them: perform returned at once, or nothing else
// ran on its isolate meanwhile. The main thread runs the application too, so there only the first holds.

import v8 from 'node:v8'

/** @typedef {{ cpu: number | undefined, heap: number, begun: number, alone: boolean }} Mark  when an attempt began */
/** @typedef {{ cpu_us: number | undefined, heap_delta: number }} Usage */

const { threadCpuUsage } = /** @type {{ threadCpuUsage?: () => { user: number, system: number } }} */ (process)

/** Microseconds of CPU time of this thread; undefined where Node.js cannot say: before 22.15. */
function cpuTime() {
  if (threadCpuUsage === undefined) return undefined
  const { user, system } = threadCpuUsage()
  return user + system
}

const heapSize = () => v8.getHeapStatistics().used_heap_size

export class Meter {
  #isShared
  #begun = 0

  /** @param {boolean} isShared  other code than that of the jobs of one queue runs on this isolate */
  constructor(isShared) {
    this.#isShared = isShared
  }

  /** Something begins: a job, measured or not, or the loading of a class. */
  begin() {
    this.#begun += 1
  }

  /**
   * @param {boolean} alone  nothing else runs
   * @returns {Mark}
   */
  mark(alone) {
    return { cpu: cpuTime(), heap: heapSize(), begun: this.#begun, alone: alone && !this.#isShared }
  }

  /**
   * What an attempt has used since the mark; undefined if others have used some of it.
   * @param {Mark} mark
   * @param {boolean} atOnce  perform has returned or thrown in the same turn of the event loop
   * @returns {Usage | undefined}
   */
  usage({ cpu, heap, begun, alone }, atOnce) {
    if (!atOnce && !(alone && begun === this.#begun)) return undefined
    const now = cpuTime()
    return { cpu_us: now === undefined || cpu === undefined ? undefined : now - cpu, heap_delta: heapSize() - heap }
  }
}
