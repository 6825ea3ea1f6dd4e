// What is measured, in the order in which all of it runs. One line for each; everything else about a workload is in its file.

import { aging } from './aging.js'
import { cpu } from './cpu.js'
import { drain } from './drain.js'
import { drivers } from './drivers.js'
import { enqueue } from './enqueue.js'
import { history } from './history.js'
import { idle } from './idle.js'
import { latency } from './latency.js'
import { memory } from './memory.js'
import { nodes } from './nodes.js'
import { prune } from './prune.js'
import { schedule } from './schedule.js'
import { startup } from './startup.js'
import { sustained } from './sustained.js'
import { wake } from './wake.js'

/** @import { Client } from 'pg' */
/** @import { As, Contender, Store } from '../contenders/index.js' */
/** @import { Place, Stores } from '../lib/database.js' */

/**
 * @typedef {object} Column
 * @property {string} key
 * @property {string} title
 * @property {number} digits
 * @property {{ key: string, to: string | 'best peer' }} [over]  reckoned: that figure, over the same of that row (or of the best peer) of the same case
 *
 * @typedef {object} Row  of a table: a contender as it is set up here
 * @property {string} name
 * @property {string} [in]  the case, when a workload has several: a table for each
 * @property {string} [contender]  a name of contenders/
 * @property {Store} [store]
 * @property {As} [as]
 *
 * @typedef {(row: Row) => boolean} Among
 * @typedef {number | { times: number, among: Among, in?: string }} Bound  so many times the best median of those rows, in the
 *   case of the goal unless another is named
 *
 * @typedef {object} Goal  a median of one row
 * @property {string} what
 * @property {string} of  the row
 * @property {string} [in]  its case
 * @property {string} key
 * @property {Bound} [least]
 * @property {Bound} [most]
 *
 * @typedef {{ value: number | number[], about: string }} Option its default; with a list, several can be given
 *
 * @typedef {object} Given
 * @property {Place} place  a schema with EramJS in it, for workloads of EramJS alone
 * @property {Client} client
 * @property {Stores} stores  for places of one's own: freshPlace(stores)
 * @property {{ name: string, contender: Contender }[]} contenders  those that were chosen and can do this
 * @property {any} options by name
 * @property {(row: string | Row, run: number, figures: Record<string, number | null>) => void} record
 * @property {(row: string | Row, why: string) => void} absent  told instead of a figure
 * @property {(row: Row, run: number, measure: () => Promise<Record<string, number | null>>) => Promise<void>} attempt  records what
 *   was measured; a peer that fails is absent, with its error for a reason, and anybody else ends it all
 *
 * @typedef {object} Workload
 * @property {string} about
 * @property {boolean} [peers]  whether contenders take part, and can be chosen
 * @property {As[]} [ways]  in which they are set up, where others than tuned
 * @property {Record<string, Option>} options
 * @property {Record<string, number | number[]>} [suite]  options of the run of all workloads, where others than the defaults
 * @property {number} seconds  that one run takes about in the run of all, for the estimate
 * @property {Column[]} columns
 * @property {Goal[] | ((options: any) => Goal[])} goals
 * @property {(given: Given) => Promise<void>} run
 */

/** @type {Record<string, Workload>} */
export const WORKLOADS = {
  drain,
  latency,
  enqueue,
  sustained,
  cpu,
  history,
  nodes,
  wake,
  idle,
  memory,
  startup,
  aging,
  schedule,
  prune,
  drivers,
}
