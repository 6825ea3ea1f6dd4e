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

/** Down to which id the answer has all that match. */
const floorOf = ({ jobs, next }: Search) =>
  next === null ? Number.NEGATIVE_INFINITY : Math.min(next, ...jobs.slice(-1).map(({ id }) => id))

export function merge(shown: readonly Row[], answer: Search, mayShift: boolean): Merged {
  const fresh = new Map(answer.jobs.map((job) => [job.id, job]))
  const floor = floorOf(answer)
  const rows = shown.flatMap(({ job, isGone }): Row[] => {
    const newer = fresh.get(job.id)
    if (newer) return [{ job: newer, isGone: false }]
    if (job.id < floor) return [{ job, isGone }]
    return mayShift ? [] : [{ job, isGone: true }]
  })
  const known = new Set(shown.map(({ job }) => job.id))
  const added = answer.jobs.filter(({ id }) => !known.has(id))
  if (!mayShift && shown.length > 0) return { rows, pending: added.map(({ id }) => id) }
  const all = [...rows, ...added.map((job) => ({ job, isGone: false }))]
  return { rows: all.sort((a, b) => b.job.id - a.job.id), pending: [] }
}

/** Adds an older page. */
export function append(shown: readonly Row[], { jobs }: Search): Row[] {
  const known = new Set(shown.map(({ job }) => job.id))
  return [...shown, ...jobs.filter(({ id }) => !known.has(id)).map((job) => ({ job, isGone: false }))]
}
