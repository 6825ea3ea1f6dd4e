// The list of jobs. Its search, columns and position are in the URL.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { can } from '../config.ts'
import { Menu, Select } from '../parts/controls.tsx'
import { Heading } from '../parts/heading.tsx'
import { Icon } from '../parts/icons.tsx'
import { useKeys } from '../parts/keys.tsx'
import { Empty, Skeleton } from '../parts/panel.tsx'
import { arrival, href, jobHref, navigate, newJobHref, place, restorePlace, setQuery } from '../router.ts'
import { SearchBox } from '../search/box.tsx'
import { negated, terms, unquoted, valuesOf, without } from '../search/terms.ts'
import { views } from '../settings.ts'
import { t } from '../strings.en.ts'
import { actOnSelected, BulkBar, canSelect } from './jobs/bulk-bar.tsx'
import { columnsOf, pathsOf } from './jobs/columns.ts'
import { ColumnsMenu } from './jobs/columns-menu.tsx'
import { Facets, useCounts } from './jobs/facets.tsx'
import { type JobList, type Listing, loadMore, PAGE, showPending, useJobList } from './jobs/list.ts'
import { MOST, type Order } from './jobs/merge.ts'
import { JobRows } from './jobs/rows.tsx'

/** The list that a job was opened from: its neighbors. */
export const lastList: { ids: number[]; query: URLSearchParams } = { ids: [], query: new URLSearchParams() }

/** By id, in which order the table is read. */
const ORDERS: [Order, string][] = [
  ['newest', t.orders.newest],
  ['oldest', t.orders.oldest],
]

export function JobsPage() {
  const { query } = place.value
  const q = query.get('q') ?? ''
  const columns = columnsOf(query.get('col'))
  const order: Order = query.get('sort') === 'oldest' ? 'oldest' : 'newest'
  const from = Number(query.get('from')) || null
  const listing: Listing = { q, order, from, columns: pathsOf(columns) }
  const { list, newest } = useJobList(listing)
  const show = () => showPending(list, newest.data.peek(), order)
  const isFiltering = useSignal(false)
  const last = useRef<number | null>(null)
  const rows = list.listed.value?.rows ?? null
  const pending = list.pending.value
  const isSelectable = canSelect()
  const error = newest.error.value

  const select = (id: number, isRange: boolean) => {
    const ids = (list.listed.peek()?.rows ?? []).map(({ job }) => job.id)
    const next = new Set(list.selected.peek())
    const from = last.current === null ? -1 : ids.indexOf(last.current)
    const to = ids.indexOf(id)
    if (isRange && from >= 0 && to >= 0) for (const each of ids.slice(Math.min(from, to), Math.max(from, to) + 1)) next.add(each)
    else if (next.has(id)) next.delete(id)
    else next.add(id)
    last.current = id
    list.selected.value = next
  }

  useEffect(() => {
    if (!rows) return
    lastList.ids = rows.map(({ job }) => job.id)
    lastList.query = query
  }, [rows])
  useEffect(() => {
    if (rows && arrival.peek() === 'back') restorePlace()
  }, [rows === null])

  useRowKeys(list, { isSelectable, select, show })

  return (
    <div class="split">
      <Heading title={t.nav.jobs} />
      <aside class={isFiltering.value ? 'facets open' : 'facets'} id="facets" aria-label={t.filters}>
        <Facets q={q} />
      </aside>
      <div class="split-main">
        <div class={list.selected.value.size > 0 ? 'bars covered' : 'bars'}>
          <div class="list-bar">
            <SearchBox
              value={q}
              error={error && rows === null ? error.message : null}
              autofocus={query.get('focus') === 'search'}
              onCommit={(text) => setQuery({ q: text, focus: null })}
            />
            <button
              type="button"
              class="filters-toggle"
              aria-expanded={isFiltering}
              aria-controls="facets"
              onClick={() => (isFiltering.value = !isFiltering.value)}
            >
              <Icon name="filter" />
              {t.filters}
            </button>
            <Views q={q} />
            <ColumnsMenu columns={columns} />
            <Select
              label={t.order}
              value={order}
              options={ORDERS}
              onChange={(next) => setQuery({ sort: next === 'newest' ? null : next })}
            />
            {can('jobs.enqueue', 'jobs:enqueue') && (
              <a class="button" href={newJobHref()} title={t.newJob} aria-label={t.newJob}>
                <Icon name="plus" />
                <span class="wide-only">{t.newJob}</span>
              </a>
            )}
          </div>
          {list.selected.value.size > 0 && <BulkBar q={q} selected={list.selected} shown={rows?.length ?? 0} />}
          {pending.ids.length > 0 && (
            <button type="button" class="pill" onClick={show}>
              {t.newJobs(pending.ids.length, pending.isOpen)} <kbd>.</kbd>
            </button>
          )}
        </div>
        <Chips q={q} />
        {from !== null && (
          <p class="foot">
            <span class="muted">{t.jobsBeyond[order](from)}</span>
            <a href={href('/jobs', { q, sort: order === 'newest' ? undefined : order })}>{t.firstJobs[order]}</a>
          </p>
        )}
        {rows === null ? (
          error ? null : (
            <Skeleton rows={12} />
          )
        ) : rows.length === 0 ? (
          <NoJobs q={q} list={list} />
        ) : (
          <JobRows rows={rows} columns={columns} selected={list.selected} canSelect={isSelectable} onSelect={select} />
        )}
        {rows && <Foot listing={listing} list={list} />}
      </div>
    </div>
  )
}

function useRowKeys(
  list: JobList,
  { isSelectable, select, show }: { isSelectable: boolean; select: (id: number, isRange: boolean) => void; show: () => void },
) {
  const all = () => [...document.querySelectorAll<HTMLElement>('[role=row][data-id]')]
  const current = () => document.activeElement?.closest<HTMLElement>('[role=row][data-id]') ?? null
  const move = (step: number) => {
    const rows = all()
    const own = current()
    const next = rows[own ? Math.max(0, Math.min(rows.length - 1, rows.indexOf(own) + step)) : 0]
    if (!next) return
    for (const each of rows) each.tabIndex = each === next ? 0 : -1
    next.focus()
    next.scrollIntoView({ block: 'nearest' })
  }
  const withRow = (run: (id: number) => void) => () => {
    const id = current()?.dataset.id
    if (id !== undefined) run(Number(id))
  }
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    ArrowDown: () => move(1),
    ArrowUp: () => move(-1),
    Enter: withRow((id) => navigate(jobHref(id))),
    o: withRow((id) => navigate(jobHref(id))),
    '.': show,
    ...(isSelectable && {
      x: withRow((id) => select(id, false)),
      X: withRow((id) => select(id, true)),
      R: () => list.selected.peek().size > 0 && void actOnSelected('retry', list.selected),
      C: () => list.selected.peek().size > 0 && void actOnSelected('cancel', list.selected),
      D: () => list.selected.peek().size > 0 && void actOnSelected('delete', list.selected),
      Escape: () => (list.selected.value = new Set()),
    }),
  })
}

/** The terms of the search, each to remove or to negate. */
function Chips({ q }: { q: string }) {
  const found = terms(q)
  if (found.length === 0) return null
  return (
    <ul class="chips" aria-label={t.searchTerms}>
      {found.map((term) => (
        <li key={term.from} class={term.isNegated ? 'chip not' : 'chip'}>
          <button type="button" title={t.negate} onClick={() => setQuery({ q: negated(q, term) })}>
            {term.key === null ? null : (
              <span class="muted">
                {term.isNegated ? '−' : ''}
                {term.key}
              </span>
            )}
            <bdi>{term.values.map(unquoted).join(', ')}</bdi>
          </button>
          <button type="button" class="chip-x" aria-label={t.removeTerm(term.text)} onClick={() => setQuery({ q: without(q, term) })}>
            <Icon name="close" />
          </button>
        </li>
      ))}
    </ul>
  )
}

function Views({ q }: { q: string }) {
  const save = () => {
    const name = q.slice(0, 60)
    views.value = [...views.peek().filter((each) => each.q !== q), { name, q }]
  }
  return (
    <Menu title={t.savedSearches} icon="save" label={<span class="wide-only">{t.saved}</span>}>
      {views.value.map((view) => (
        <span key={view.q} class="menu-row">
          <a href={href('/jobs', { q: view.q })}>
            <bdi class="mono">{view.name}</bdi>
          </a>
          <button
            type="button"
            class="ghost"
            aria-label={t.forget(view.name)}
            onClick={() => (views.value = views.peek().filter((each) => each !== view))}
          >
            <Icon name="close" />
          </button>
        </span>
      ))}
      {views.value.length === 0 && <p class="menu-title">{t.noSaved}</p>}
      <hr />
      <button type="button" disabled={q === ''} onClick={save}>
        <Icon name="plus" /> {t.saveThis}
      </button>
    </Menu>
  )
}

/** How far the list goes, and how it goes on. */
function Foot({ listing, list }: { listing: Listing; list: JobList }) {
  const { order } = listing
  const { rows = [], next = null, isPartial = false } = list.listed.value ?? {}
  return (
    <p class="foot">
      <span class="muted num">{t.rows(rows.length)}</span>
      {next !== null && rows.length < MOST && (
        <button type="button" disabled={list.isLoading} onClick={() => void loadMore(listing, list)}>
          {isPartial ? t.continueSearch : t.loadMore[order]}
        </button>
      )}
      {next !== null && rows.length >= MOST && (
        <button type="button" onClick={() => setQuery({ from: String(next) })}>
          {t.nextJobs(MOST)}
        </button>
      )}
      {next !== null && isPartial && <span class="muted">{t.searchedTo[order](next)}</span>}
      {next === null && rows.length >= PAGE && <span class="muted">{t.end}</span>}
    </p>
  )
}

function NoJobs({ q, list }: { q: string; list: JobList }) {
  const counts = useCounts()
  const states = valuesOf(q, 'state')
  const found = terms(q)
  if (list.listed.value?.next != null) return <Empty icon="search" title={t.nothingYet} />
  if (found.length === 0) {
    return (
      <Empty icon="plus" title={t.noJobs}>
        <p>{t.noJobsHelp}</p>
        <pre class="code">{t.enqueueSample}</pre>
      </Empty>
    )
  }
  const isPruned = states.some((state) => ['completed', 'cancelled', 'discarded'].includes(state)) && found.length === 1
  const last = found.at(-1)
  return (
    <Empty icon="search" title={t.noMatch}>
      {isPruned && <p>{t.prunedHelp}</p>}
      {!isPruned && counts && <p class="muted">{t.noMatchHelp}</p>}
      {last && (
        <button type="button" onClick={() => setQuery({ q: without(q, last) })}>
          {t.removeLast(last.text)}
        </button>
      )}
    </Empty>
  )
}
