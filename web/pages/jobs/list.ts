// The list of jobs that match a search: its first page, which is asked for again, and those after it, which stay as they are.
import { type Signal, signal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { queryOf, read } from '../../api.ts'
import { zoneName } from '../../format.ts'
import { announcement, reason, toast } from '../../parts/toast.tsx'
import { type Resource, useResource } from '../../resource.ts'
import { zone } from '../../settings.ts'
import { t } from '../../strings.en.ts'
import type { Search } from '../../types.ts'
import { append, type Listed, merge, type Order } from './merge.ts'

export const PAGE = 50

/** What a list shows: jobs that match, in an order, with paths of args and meta whose values come with them. */
export interface Listing {
  q: string
  order: Order
  /** Beyond which id, in that order, it begins; null: with the first. */
  from: number | null
  columns: string[]
}

export interface JobList {
  /** null: it was not read yet. */
  listed: Signal<Listed | null>
  pending: Signal<{ ids: number[]; isOpen: boolean }>
  selected: Signal<ReadonlySet<number>>
  isLoading: Signal<boolean>
}

const NONE_PENDING = { ids: [], isOpen: false }

/** By their paths, so that Back finds the list as it was. */
const lists = new Map<string, JobList>()

function listOf(path: string): JobList {
  const found = lists.get(path) ?? {
    listed: signal(null),
    pending: signal(NONE_PENDING),
    selected: signal<ReadonlySet<number>>(new Set()),
    isLoading: signal(false),
  }
  lists.delete(path)
  lists.set(path, found)
  const [oldest] = lists.keys()
  if (lists.size > 12 && oldest !== undefined) lists.delete(oldest)
  return found
}

function pathOf({ q, order, from, columns }: Listing): string {
  const begin = order === 'newest' ? { before: from ?? undefined } : { after: from ?? 0 }
  const timezone = /\d|day|tomorrow/.test(q) ? zoneName(zone.value) : undefined
  return `/jobs/search${queryOf({ text: q, limit: PAGE, ...begin, columns, timezone })}${q === '' ? '&text=' : ''}`
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
  const path = pathOf(listing)
  const newest = useResource<Search>(path)
  const list = listOf(path)
  const answer = newest.data.value
  useEffect(() => {
    if (!answer) return
    const shown = list.listed.peek()
    const { pending, isPendingOpen, ...listed } = merge(shown, answer, shown === null || mayShift(list), listing.order)
    list.listed.value = listed
    list.pending.value = { ids: pending, isOpen: isPendingOpen }
    if (shown === null) announcement.value = t.foundJobs(listed.rows.length, listed.next !== null)
    else if (pending.length > 0) announcement.value = t.newJobs(pending.length, isPendingOpen)
  }, [answer, list])
  return { list, newest }
}

/** Shows what has come meanwhile. */
export function showPending(list: JobList, answer: Search | undefined, order: Order): void {
  if (!answer) return
  list.listed.value = merge(list.listed.peek(), answer, true, order)
  list.pending.value = NONE_PENDING
}

export async function loadMore(listing: Listing, list: JobList): Promise<void> {
  const next = list.listed.peek()?.next ?? null
  if (next === null || list.isLoading.peek()) return
  list.isLoading.value = true
  try {
    const { data } = await read<Search>(pathOf({ ...listing, from: next }), null, new AbortController().signal)
    const shown = list.listed.peek()
    // A newer answer may have begun the list anew meanwhile.
    if (data && shown?.next === next) list.listed.value = append(shown, data, listing.order)
  } catch (error) {
    toast(reason(error), { isError: true })
  } finally {
    list.isLoading.value = false
  }
}
