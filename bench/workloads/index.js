// What is measured, in the order in which all of it runs. One line for each; everything else about a workload is in its file.
import { charts } from './charts.js'
import { dashboard } from './dashboard.js'
import { drain } from './drain.js'
import { enqueue } from './enqueue.js'
import { history } from './history.js'
import { horizon } from './horizon.js'
import { idle } from './idle.js'
import { latency } from './latency.js'
import { memory } from './memory.js'
import { nodes } from './nodes.js'
import { observed } from './observed.js'
import { sleep } from './sleep.js'
import { sustained } from './sustained.js'
import { unknown } from './unknown.js'
import { viewed } from './viewed.js'

/** @import { Client } from 'pg' */
/** @import { As, Competitor, Store } from '../competitors/index.js' */
/** @import { Stores, Target } from '../lib/stores.js' */

/**
 * @typedef {{ name: string, in?: string, competitor?: string, store?: Store, as?: As }} Row  of a table. in: the case, each with a table
 *   of its own; competitor: a name of competitors/
 * @typedef {Record<string, number | null>} Figures  of one run, by the keys of the columns in lib/report.js
 *
 * @typedef {number | { times: number, among: (row: Row) => boolean }} Bound  a multiple of the best median of those rows
 * @typedef {{ what: string, of: string, in?: string, key: string, least?: Bound, most?: Bound }} Goal  for a median of the row `of`
 *
 * @typedef {{ name: string, competitor: Competitor }} Entry
 * @typedef {object} Context
 * @property {Target} target  a schema with EramJS in it, for workloads of EramJS alone
 * @property {Client} client
 * @property {Stores} stores  for further targets
 * @property {Entry[]} competitors  those that were chosen and can take part
 * @property {any} options by name
 * @property {number} run  counted from 1
 *
 * @typedef {object} Turn
 * @property {Row} row
 * @property {() => Promise<Figures>} measure
 * @property {string} [cannot]  why it is not measured
 *
 * @typedef {object} Workload
 * @property {string} about
 * @property {number} seconds  that one run takes, roughly
 * @property {number} [stalled]  seconds after which one run has stalled, if longer than usual
 * @property {boolean} [compares]  whether competitors take part
 * @property {Record<string, { value: number | number[], about: string }>} options  with `runs`; value: the default, a list takes several
 * @property {Record<string, string>} [ratios]  see Report
 * @property {(options: any) => Goal[]} goals
 * @property {(context: Context) => Turn[]} turns  of one run
 */

/** @type {Record<string, Workload>} */
export const WORKLOADS = {
  drain,
  latency,
  enqueue,
  sustained,
  history,
  horizon,
  unknown,
  observed,
  viewed,
  nodes,
  idle,
  sleep,
  memory,
  charts,
  dashboard,
}
