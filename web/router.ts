// Which page the URL names. Links are plain links; a click changes the URL and not the document.
import { signal } from '@preact/signals'
import { base } from './config.ts'

/** A path below the base, such as /jobs/42, and its query. */
export interface Place {
  path: string
  query: URLSearchParams
}

export function placeOf(href: string, root: string = base): Place | undefined {
  const { pathname, searchParams } = new URL(href, 'http://x')
  if (`${pathname}/` === root) return { path: '/', query: searchParams }
  return pathname.startsWith(root) ? { path: `/${pathname.slice(root.length)}`, query: searchParams } : undefined
}

export const place = signal<Place>({ path: '/', query: new URLSearchParams() })
/** How the page was reached: pages restore their scroll position after `back`. */
export const arrival = signal<'new' | 'back'>('new')

/** The address of a page. */
export function href(path: string, query: Record<string, string | number | null | undefined> | URLSearchParams = {}): string {
  const params = query instanceof URLSearchParams ? query : new URLSearchParams()
  if (!(query instanceof URLSearchParams)) {
    for (const [name, value] of Object.entries(query))
      if (value !== null && value !== undefined && value !== '') params.set(name, String(value))
  }
  const search = params.toString()
  return `${base.slice(0, -1)}${path}${search === '' ? '' : `?${search}`}`
}

export const jobHref = (id: number | string) => href(`/jobs/${id}`)
export const newJobHref = (query: Record<string, string | number> = {}) => href('/jobs/new', query)
export const profileHref = (id: number | string, attempt: number) => href(`/jobs/${id}/profile/${attempt}`)
export const queueHref = (name: string) => href(`/queues/${encodeURIComponent(name)}`)
export const cronHref = (name: string) => href(`/crons/${encodeURIComponent(name)}`)
export const nodeHref = (name: string) => href(`/nodes/${encodeURIComponent(name)}`)
export const searchHref = (q: string) => href('/jobs', { q })

export function navigate(to: string, { replace = false } = {}): void {
  go(carrying(to), replace)
}

/** The same with the time zone of the URL, which goes along from page to page. */
function carrying(to: string): string {
  const zone = place.peek().query.get('tz')
  const url = new URL(to, location.href)
  if (zone === null || url.searchParams.has('tz')) return to
  url.searchParams.set('tz', zone)
  return url.href
}

function go(to: string, replace: boolean): void {
  keepPlace()
  history[replace ? 'replaceState' : 'pushState']({ key: replace ? keyOf() : String(performance.now()) }, '', to)
  if (!replace) arrival.value = 'new'
  arrive()
  if (!replace) scrollTo(0, 0)
}

/** Changes members of the query; null removes one. Typing replaces the entry of the history, a choice adds one. */
export function setQuery(changes: Record<string, string | null>, { replace = false } = {}): void {
  const { path, query } = place.peek()
  const next = new URLSearchParams(query)
  // A place in a list is one of its search and order.
  if (changes.q !== undefined || changes.sort !== undefined) next.delete('from')
  for (const [name, value] of Object.entries(changes)) value === null || value === '' ? next.delete(name) : next.set(name, value)
  go(href(path, next), replace)
}

/** Where a page was left: its scroll position, and the row that had the focus. */
const places = new Map<string, { scroll: number; row: string | undefined }>()
const keyOf = () => String((history.state as { key?: string } | null)?.key ?? 'first')
function keepPlace() {
  const row = document.activeElement?.closest<HTMLElement>('[role=row][data-id]')?.dataset.id
  places.set(keyOf(), { scroll: scrollY, row: row ?? places.get(keyOf())?.row })
}
/** Where the page was, once what it shows is there again. */
export function restorePlace(): void {
  if (arrival.peek() !== 'back') return
  const { scroll = 0, row } = places.get(keyOf()) ?? {}
  if (row !== undefined) document.querySelector<HTMLElement>(`[role=row][data-id="${row}"]`)?.focus({ preventScroll: true })
  scrollTo(0, scroll)
}

function arrive() {
  const found = placeOf(location.href)
  if (found) place.value = found
}

export function startRouter(): void {
  history.scrollRestoration = 'manual'
  arrive()
  addEventListener('scroll', keepPlace, { passive: true })
  addEventListener('popstate', () => {
    arrival.value = 'back'
    arrive()
  })
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = (event.target as Element | null)?.closest?.('a')
    if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return
    if (!placeOf(link.href) || link.pathname.startsWith(`${base}api/`)) return
    event.preventDefault()
    if (carrying(link.href) !== location.href) navigate(link.href)
  })
}
