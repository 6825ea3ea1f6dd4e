// How a newer answer enters a list that is being read: rows are changed in place, and nothing moves under the pointer.
import type { Found, Search } from '../../types.ts'

export interface Row {
  job: Found
  /** It does not match any more, or was deleted. */
  isGone: boolean
}

export interface Merged {
  rows: Row[]
  /** Jobs that are newer than the list, and wait until they are wanted. */
  pending: number[]
}

export type Order = 'newest' | 'oldest'

/** Whether a job comes after an id in the list. */
export const isBeyond = (id: number, other: number, order: Order) => (order === 'newest' ? id < other : id > other)

/** Up to which id the answer has all that match. */
function edgeOf({ jobs, next }: Search, order: Order): number {
  if (next === null) return order === 'newest' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  return (order === 'newest' ? Math.min : Math.max)(next, ...jobs.slice(-1).map(({ id }) => id))
}

export function merge(shown: readonly Row[], answer: Search, mayShift: boolean, order: Order = 'newest'): Merged {
  const fresh = new Map(answer.jobs.map((job) => [job.id, job]))
  const edge = edgeOf(answer, order)
  const rows = shown.flatMap(({ job, isGone }): Row[] => {
    const newer = fresh.get(job.id)
    if (newer) return [{ job: newer, isGone: false }]
    if (isBeyond(job.id, edge, order)) return [{ job, isGone }]
    return mayShift ? [] : [{ job, isGone: true }]
  })
  const known = new Set(shown.map(({ job }) => job.id))
  const added = answer.jobs.filter(({ id }) => !known.has(id))
  if (!mayShift && shown.length > 0) return { rows, pending: added.map(({ id }) => id) }
  const all = [...rows, ...added.map((job) => ({ job, isGone: false }))]
  return { rows: all.sort((a, b) => (order === 'newest' ? b.job.id - a.job.id : a.job.id - b.job.id)), pending: [] }
}

/** Adds the page after it. */
export function append(shown: readonly Row[], { jobs }: Search): Row[] {
  const known = new Set(shown.map(({ job }) => job.id))
  return [...shown, ...jobs.filter(({ id }) => !known.has(id)).map((job) => ({ job, isGone: false }))]
}
