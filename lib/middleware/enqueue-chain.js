// Runs middleware around an enqueue: once for each call, whether of one draft or of many. That of a class sees the drafts of its class
// only.

import { EramError } from '../shared/errors.js'
import { state } from '../shared/global-state.js'
import { shown } from '../shared/validate.js'
import { DraftHandle, finished } from './draft-handle.js'
import { layersOfClass, layersOfEngine, nameOf, once } from './layers.js'

/** @import { Draft, EnqueueTarget } from '../job/draft.js' */
/** @import { Middleware } from '../shared/middleware.js' */

/** @typedef {{ drafts: readonly DraftHandle[], bulk: boolean, transaction: boolean, engine: string | null }} Call */
/** @typedef {(call: Call) => Promise<any[]>} Insert */
/** @typedef {{ target: EnqueueTarget, bulk: boolean, transaction: boolean, engine: string | undefined }} About */

/**
 * Whether any middleware may apply to a draft.
 * @param {Draft} draft
 */
export function isSurrounded({ jobClass }) {
  return state.middleware !== undefined || /** @type {{ use?: unknown } | undefined} */ (jobClass?.type)?.use !== undefined
}

/**
 * Inserts drafts through middleware; resolves to their jobs, in order.
 * @param {Draft[]} drafts
 * @param {About} about
 * @param {(drafts: Draft[]) => Promise<any[]>} insert
 */
export async function enqueueThrough(drafts, { target, engine, ...about }, insert) {
  const handles = drafts.map((draft) => new DraftHandle(draft, target))
  /** @type {Insert} */
  let chain = async ({ drafts }) => insert(drafts.map(finished))
  for (const [type, name] of new Map(drafts.map((draft) => [draft.jobClass?.type, draft.worker]))) {
    if (type === undefined) continue
    const mine = new Set(handles.filter((_, i) => drafts[i]?.jobClass?.type === type))
    const layers = layersOfClass('enqueue', name, /** @type {{ use?: unknown }} */ (type).use)
    if (layers.length > 0) chain = ofClass(layers, mine, chain)
  }
  chain = layersOfEngine('enqueue', engine).reduceRight(surround, chain)
  return chain({ drafts: handles, engine: engine ?? null, ...about })
}

/** @param {Insert} inner @param {Middleware} layer @returns {Insert} */
function surround(inner, layer) {
  return async (call) => {
    const next = once(layer, 'enqueue', () => inner(call))
    const jobs = await layer.enqueue?.(
      call,
      // As a promise, also of what next() throws.
      async () => next(),
    )
    const count = call.drafts.length
    if (Array.isArray(jobs) && jobs.length === count) return jobs
    const got = Array.isArray(jobs) ? `${jobs.length}` : shown(jobs)
    throw new EramError('ERAM_JOB', `${nameOf(layer, 'enqueue')}: expected a list of ${count} jobs, one for each draft, got ${got}`)
  }
}

/**
 * The layers of a class around the drafts of that class; the others pass by.
 * @param {Middleware[]} layers
 * @param {ReadonlySet<DraftHandle>} mine
 * @param {Insert} inner
 * @returns {Insert}
 */
function ofClass(layers, mine, inner) {
  return async (call) => {
    const places = call.drafts.flatMap((handle, i) => (mine.has(handle) ? [i] : []))
    const others = call.drafts.filter((handle) => !mine.has(handle))
    /** @type {any[] | undefined} */
    let all
    const insert = async () => {
      all = await inner(call)
      return places.map((place) => all?.[place])
    }
    const jobs = [...(await layers.reduceRight(surround, insert)({ ...call, drafts: [...mine] }))]
    // Middleware of a class that does not insert decides for the jobs of this class alone.
    const own = new Set(places)
    const rest = all ? all.filter((_, i) => !own.has(i)) : others.length > 0 ? await inner({ ...call, drafts: others }) : []
    return call.drafts.map((handle) => (mine.has(handle) ? jobs : rest).shift())
  }
}
