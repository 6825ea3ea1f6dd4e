// Actions on many jobs. Of all that match a search: in parts, with progress, and with a way to stop; jobs that are enqueued after
// the preview are left as they are.
import { signal } from '@preact/signals'
import { ApiError, queryOf, read, write } from './api.ts'
import { refreshAll } from './live.ts'
import { reason, toast } from './parts/toast.tsx'
import { t } from './strings.en.ts'
import type { Action, Preview, Touched } from './types.ts'

export type BulkAction = Exclude<Action, 'update'>

interface Operation {
  action: BulkAction
  done: number
  total: number
  isExact: boolean
  isStopped: boolean
}

/** What goes on; shown on every page. */
export const operation = signal<Operation | null>(null)
const CHUNK = 1000

/** Jobs by their ids, or one. The answer says what has become of them. */
export async function act(action: BulkAction, which: number | number[]): Promise<Touched[] | null> {
  try {
    const { jobs } = await write<{ jobs: Touched[] }>('POST', `/jobs/${action}`, { which })
    const refused = jobs.filter((job) => job.refused)
    const changed = jobs.length - refused.length
    const asked = Array.isArray(which) ? which.length : 1
    if (refused[0]?.refused) toast(t.refusedJobs(refused.length, refused[0].refused.message), { isError: true })
    else if (changed === 0) toast(t.nothingChanged[action], { isError: true })
    else toast(t.changedJobs(action, changed, asked - changed))
    return jobs
  } catch (error) {
    toast(reason(error), { isError: true })
    return null
  } finally {
    void refreshAll()
  }
}

/** What an action on all jobs that a search finds would do. */
export async function preview(action: BulkAction, text: string): Promise<Preview> {
  const { data } = await read<Preview>(`/jobs/preview${queryOf({ action, text })}`, null, new AbortController().signal)
  if (!data) throw new ApiError(0, 'INVALID_ANSWER', t.noPreview)
  return data
}

export async function actOnAll(action: BulkAction, text: string, { jobs: total, exact: isExact, max_id }: Preview): Promise<void> {
  operation.value = { action, done: 0, total, isExact, isStopped: false }
  let refused = 0
  let after: number | null = null
  try {
    do {
      const body: object = { action, text, max_id, limit: CHUNK, ...(after !== null && { after }) }
      const answer: { jobs: Touched[]; next: number | null } = await write('POST', '/jobs/bulk', body)
      const state = operation.peek()
      if (!state) return
      refused += answer.jobs.filter((job) => job.refused).length
      operation.value = { ...state, done: state.done + answer.jobs.length }
      after = answer.next
    } while (after !== null && !operation.peek()?.isStopped)
    const { done = 0, isStopped = false } = operation.peek() ?? {}
    toast(isStopped ? t.stoppedAfter(done) : t.changedJobs(action, done - refused, refused))
  } catch (error) {
    toast(error instanceof ApiError ? reason(error) : String(error), { isError: true })
  } finally {
    operation.value = null
    void refreshAll()
  }
}

export function stopOperation(): void {
  const state = operation.peek()
  if (state) operation.value = { ...state, isStopped: true }
}
