// What is measured, in the order in which all of it runs. One line for each; everything else about a workload is in its file.
import { drain } from './drain.js'
import { enqueue } from './enqueue.js'
import { history } from './history.js'
import { idle } from './idle.js'
import { latency } from './latency.js'
import { memory } from './memory.js'
import { nodes } from './nodes.js'
import { sustained } from './sustained.js'

/** @import { Client } from 'pg' */
/** @import { As, Competitor, Store } from '../competitors/index.js' */
/** @import { Stores, Target } from '../lib/stores.js' */

/**
 * @typedef {object} Column
 * @property {string} key
 * @property {string} title
 * @property {number} digits
 * @property {{ key: string, to: string | 'best other' }} [over]  a ratio: that figure, over the same of that row of the same case
 *
 * @typedef {{ name: string, in?: string, competitor?: string, store?: Store, as?: As }} Row  of a table. in: the case, each with a table
 *   of its own; competitor: a name of competitors/
 *
 * @typedef {number | { times: number, among: (row: Row) => boolean }} Bound  a multiple of the best median of those rows
 * @typedef {{ what: string, of: string, in?: string, key: string, least?: Bound, most?: Bound }} Goal  for a median of the row `of`
 * @typedef {{ value: number | number[], about: string }} Option  its default; a list takes several values
 *
 * @typedef {object} Context
 * @property {Target} target  a schema with EramJS in it, for workloads of EramJS alone
 * @property {Client} client
 * @property {Stores} stores  for further targets
 * @property {{ name: string, competitor: Competitor }[]} competitors  those that were chosen and can take part
 * @property {any} options by name
 * @property {(row: string | Row, run: number, figures: Record<string, number | null>) => void} record
 * @property {(row: string | Row, why: string) => void} absent  reported instead of figures
 * @property {(row: Row, run: number, measure: () => Promise<Record<string, number | null>>) => Promise<void>} attempt  see lib/measure.js
 *
 * @typedef {object} Workload
 * @property {string} about
 * @property {boolean} [compares]  whether competitors take part, and can be chosen
 * @property {As[]} [ways]  of configuration; default: tuned
 * @property {Record<string, Option>} options
 * @property {Record<string, number | number[]>} [suite]  options in a run of several workloads, where not the defaults
 * @property {number} seconds  that one run in the suite takes, roughly
 * @property {Column[]} columns
 * @property {(options: any) => Goal[]} goals
 * @property {(context: Context) => Promise<void>} run
 */

/** @type {Record<string, Workload>} */
export const WORKLOADS = { drain, latency, enqueue, sustained, history, nodes, idle, memory }
