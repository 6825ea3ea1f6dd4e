// How a newer answer enters a list that is being read: rows are changed in place, and nothing moves under the pointer. The list has all
// that matches from its first row down to where it was searched; where it cannot, it begins anew.
import type { Found, Search } from '../../types.ts'

/** More is for a narrower search, or on a page of its own. */
export const MOST = 1000

export interface Row {
  job: Found
  /** It does not match any more, or was deleted. */
  isGone: boolean
}

export interface Listed {
  rows: readonly Row[]
  /** Beyond which id, in the list's order, jobs were not searched yet; null: all were. */
  next: number | null
  /** Whether the server stopped searching before a page was full. */
  isPartial: boolean
  /** Whether pages after the first were added. */
  isDeep: boolean
}

export interface Merged extends Listed {
  /** Jobs that are not in the list yet, and wait until they are wanted. */
  pending: number[]
  /** Whether there may be more of them. */
  isPendingOpen: boolean
}

export type Order = 'newest' | 'oldest'

/** Falls along a list in its order. */
const rank = (id: number, order: Order) => (order === 'newest' ? id : -id)
const fresh = (job: Found): Row => ({ job, isGone: false })
/** A full page ends with its last job, any other one where the search stopped. */
const isFull = ({ jobs, next }: Search) => next !== null && next === jobs.at(-1)?.id

export function merge(shown: Listed | null, answer: Search, mayShift: boolean, order: Order = 'newest'): Merged {
  const { jobs, next } = answer
  const isPage = isFull(answer)
  const whole = { rows: jobs.map(fresh), next, isPartial: next !== null && !isPage, isDeep: false, pending: [], isPendingOpen: false }
  if (!shown || shown.rows.length + jobs.length === 0) return shown ? { ...whole, ...reached(shown, answer, order) } : whole
  const floor = next === null ? Number.NEGATIVE_INFINITY : rank(next, order)
  const rankOf = ({ job }: Row) => rank(job.id, order)
  const [first, last] = [shown.rows[0], shown.rows.at(-1)]
  const bottom = last ? rankOf(last) : Number.POSITIVE_INFINITY
  // Between a page of jobs that all come before the list, and the list, others may be missing.
  const hasGap = isPage && first !== undefined && floor > rankOf(first)
  if (mayShift && (hasGap || (isPage && !shown.isDeep))) return whole

  const newer = new Map(jobs.map((job) => [job.id, job]))
  const kept = shown.rows.flatMap((row): Row[] => {
    const own = newer.get(row.job.id)
    if (own) return [fresh(own)]
    if (rankOf(row) < floor) return [row]
    return mayShift ? [] : [{ ...row, isGone: true }]
  })
  const known = new Set(shown.rows.map(({ job }) => job.id))
  const added = jobs.filter(({ id }) => !known.has(id))
  const isAfter = ({ id }: Found) => rank(id, order) < bottom
  // What comes after the list moves nothing.
  const after = hasGap ? [] : added.filter(isAfter)
  const [entering, waiting] = mayShift ? [added, []] : [after, added.filter((job) => !isAfter(job))]
  const rows = [...kept, ...entering.map(fresh)].sort((a, b) => rankOf(b) - rankOf(a))
  const merged = { pending: waiting.map(({ id }) => id), isPendingOpen: hasGap, isDeep: shown.isDeep }
  if (rows.length > MOST) return { ...merged, rows: rows.slice(0, MOST), next: rows[MOST - 1]?.job.id ?? null, isPartial: false }
  return { ...merged, rows, ...reached(shown, answer, order) }
}

/** How far the jobs are searched, of which an answer says that it came not as far. */
function reached(shown: Listed, answer: Search, order: Order): Pick<Listed, 'next' | 'isPartial'> {
  const { next } = answer
  if (next === null) return { next: null, isPartial: false }
  const isFurther = shown.next === null || rank(shown.next, order) <= rank(next, order)
  return isFurther ? { next: shown.next, isPartial: shown.isPartial } : { next, isPartial: !isFull(answer) }
}

/** Adds the page after it. */
export function append(shown: Listed, answer: Search, order: Order = 'newest'): Listed {
  const known = new Set(shown.rows.map(({ job }) => job.id))
  const { jobs } = answer
  const rows = [...shown.rows, ...jobs.filter(({ id }) => !known.has(id)).map(fresh)]
  // Jobs come after the oldest at any time.
  const next = answer.next ?? (order === 'oldest' ? (rows.at(-1)?.job.id ?? null) : null)
  return { rows, next, isPartial: answer.next !== null && !isFull(answer), isDeep: true }
}
