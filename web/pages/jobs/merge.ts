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
  /** Before which id jobs were not searched yet; null: all were. */
  next: number | null
  /** Whether the server stopped searching before a page was full. */
  isPartial: boolean
  /** Whether older pages were added. */
  isDeep: boolean
}

export interface Merged extends Listed {
  /** Jobs that are not in the list yet, and wait until they are wanted. */
  pending: number[]
  /** Whether there may be more of them. */
  isPendingOpen: boolean
}

const fresh = (job: Found): Row => ({ job, isGone: false })
/** A full page ends with its last job, any other one where the search stopped. */
const isFull = ({ jobs, next }: Search) => next !== null && next === jobs.at(-1)?.id

export function merge(shown: Listed | null, answer: Search, mayShift: boolean): Merged {
  const { jobs, next } = answer
  const isPage = isFull(answer)
  const whole = { rows: jobs.map(fresh), next, isPartial: next !== null && !isPage, isDeep: false, pending: [], isPendingOpen: false }
  if (!shown || shown.rows.length + jobs.length === 0) return shown ? { ...whole, ...reached(shown, answer) } : whole
  const floor = next === null ? Number.NEGATIVE_INFINITY : next
  const [top, bottom] = [shown.rows[0]?.job.id ?? 0, shown.rows.at(-1)?.job.id ?? Number.POSITIVE_INFINITY]
  // Between a page of newer jobs alone and the list, others may be missing.
  const hasGap = isPage && shown.rows.length > 0 && floor > top
  if (mayShift && (hasGap || (isPage && !shown.isDeep))) return whole

  const newer = new Map(jobs.map((job) => [job.id, job]))
  const kept = shown.rows.flatMap((row): Row[] => {
    const own = newer.get(row.job.id)
    if (own) return [fresh(own)]
    if (row.job.id < floor) return [row]
    return mayShift ? [] : [{ ...row, isGone: true }]
  })
  const known = new Set(shown.rows.map(({ job }) => job.id))
  const added = jobs.filter(({ id }) => !known.has(id))
  // What is older than the list moves nothing.
  const older = hasGap ? [] : added.filter(({ id }) => id < bottom)
  const [entering, waiting] = mayShift ? [added, []] : [older, added.filter(({ id }) => id >= bottom)]
  const rows = [...kept, ...entering.map(fresh)].sort((a, b) => b.job.id - a.job.id)
  const merged = { pending: waiting.map(({ id }) => id), isPendingOpen: hasGap, isDeep: shown.isDeep }
  if (rows.length > MOST) return { ...merged, rows: rows.slice(0, MOST), next: rows[MOST - 1]?.job.id ?? null, isPartial: false }
  return { ...merged, rows, ...reached(shown, answer) }
}

/** How far the jobs are searched, of which an answer says that it came not as far. */
function reached(shown: Listed, answer: Search): Pick<Listed, 'next' | 'isPartial'> {
  const { next } = answer
  if (next === null) return { next: null, isPartial: false }
  const isFurther = shown.next === null || shown.next <= next
  return isFurther ? { next: shown.next, isPartial: shown.isPartial } : { next, isPartial: !isFull(answer) }
}

/** Adds an older page. */
export function append(shown: Listed, answer: Search): Listed {
  const known = new Set(shown.rows.map(({ job }) => job.id))
  const { jobs, next } = answer
  const rows = [...shown.rows, ...jobs.filter(({ id }) => !known.has(id)).map(fresh)]
  return { rows, next, isPartial: next !== null && !isFull(answer), isDeep: true }
}
