// The list of jobs that match a search: its first page, which is asked for again, and those after it, which stay as they are.
import { type Signal, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { queryOf, read } from '../../api.ts'
import { zoneName } from '../../format.ts'
import { announcement } from '../../parts/toast.tsx'
import { type Resource, useResource } from '../../resource.ts'
import { zone } from '../../settings.ts'
import { t } from '../../strings.en.ts'
import type { Search } from '../../types.ts'
import { append, isBeyond, merge, type Order, type Row } from './merge.ts'

export const PAGE = 50
/** More is for a narrower search. */
const MOST = 1000

/** What a list shows: jobs that match, in an order, with paths of args and meta whose values come with them. */
export interface Listing {
  q: string
  order: Order
  columns: string[]
}

export interface JobList {
  rows: Signal<Row[] | null>
  pending: Signal<number[]>
  selected: Signal<ReadonlySet<number>>
  /** Where the list goes on; null: nowhere. */
  next: Signal<number | null>
  /** Whether the server stopped searching before the page was full. */
  isPartial: Signal<boolean>
  isLoading: Signal<boolean>
}

/** By search and columns, so that Back finds the list as it was. */
const lists = new Map<string, JobList>()

function listOf(key: string): JobList {
  const found = lists.get(key) ?? {
    rows: signal(null),
    pending: signal([]),
    selected: signal<ReadonlySet<number>>(new Set()),
    next: signal(null),
    isPartial: signal(false),
    isLoading: signal(false),
  }
  lists.delete(key)
  lists.set(key, found)
  const [oldest] = lists.keys()
  if (lists.size > 12 && oldest !== undefined) lists.delete(oldest)
  return found
}

function pathOf({ q, order, columns }: Listing, onward?: number): string {
  const place = order === 'newest' ? { before: onward } : { after: onward ?? 0 }
  const timezone = /\d|day|tomorrow/.test(q) ? zoneName(zone.value) : undefined
  return `/jobs/search${queryOf({ text: q, limit: PAGE, ...place, columns, timezone })}${q === '' ? '&text=' : ''}`
}

/** Whether rows may move: nothing is selected, open, or being read. */
function mayShift(list: JobList): boolean {
  if (list.selected.peek().size > 0 || scrollY > 80) return false
  if (document.querySelector('dialog[open],[popover]:popover-open')) return false
  if (String(getSelection() ?? '') !== '') return false
  const row = document.activeElement?.closest('[role=row]')
  return !row || row === document.querySelector('[role=row][data-id]')
}

export function useJobList(listing: Listing): { list: JobList; newest: Resource<Search> } {
  const { q, order, columns } = listing
  const newest = useResource<Search>(pathOf(listing))
  const list = listOf([q, order, ...columns].join('\n'))
  const answer = newest.data.value
  useEffect(() => {
    if (!answer) return
    const isFirst = list.rows.peek() === null
    const { rows, pending } = merge(list.rows.peek() ?? [], answer, isFirst || mayShift(list), order)
    list.rows.value = rows
    list.pending.value = pending
    const last = answer.jobs.at(-1)?.id ?? 0
    if (!rows.some(({ job }) => isBeyond(job.id, last, order))) {
      list.next.value = answer.next
      list.isPartial.value = answer.next !== null && answer.jobs.length < PAGE
    }
    if (isFirst) announcement.value = t.foundJobs(rows.length, answer.next !== null)
    else if (pending.length > 0) announcement.value = t.newJobs(pending.length)
  }, [answer, list])
  return { list, newest }
}

/** Shows what has come meanwhile. */
export function showPending(list: JobList, answer: Search | undefined, order: Order): void {
  if (!answer) return
  const { rows } = merge(list.rows.peek() ?? [], answer, true, order)
  list.rows.value = rows
  list.pending.value = []
}

export async function loadMore(listing: Listing, list: JobList): Promise<void> {
  const onward = list.next.peek()
  if (onward === null || list.isLoading.peek()) return
  list.isLoading.value = true
  try {
    const { data } = await read<Search>(pathOf(listing, onward), null, new AbortController().signal)
    if (!data) return
    const rows = append(list.rows.peek() ?? [], data)
    list.rows.value = rows
    list.next.value = rows.length >= MOST ? null : data.next
    list.isPartial.value = data.next !== null && data.jobs.length < PAGE
  } finally {
    list.isLoading.value = false
  }
}
