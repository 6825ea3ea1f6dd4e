// The list of jobs. Its search, columns and position are in the URL.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Menu } from '../parts/controls.tsx'
import { Heading } from '../parts/heading.tsx'
import { Icon } from '../parts/icons.tsx'
import { useKeys } from '../parts/keys.tsx'
import { Empty, Skeleton } from '../parts/panel.tsx'
import { arrival, href, jobHref, navigate, place, restorePlace, setQuery } from '../router.ts'
import { SearchBox } from '../search/box.tsx'
import { negated, terms, unquoted, valuesOf, without } from '../search/terms.ts'
import { views } from '../settings.ts'
import { t } from '../strings.en.ts'
import { actOnSelected, BulkBar, canSelect } from './jobs/bulk-bar.tsx'
import { Facets, useCounts } from './jobs/facets.tsx'
import { type JobList, loadOlder, PAGE, showPending, useJobList } from './jobs/list.ts'
import { MOST } from './jobs/merge.ts'
import { COLUMNS, type Column, DEFAULT_COLUMNS, JobRows } from './jobs/rows.tsx'

/** The list that a job was opened from: its neighbors. */
export const lastList: { ids: number[]; q: string } = { ids: [], q: '' }

function columnsOf(query: URLSearchParams): Column[] {
  const given = query
    .get('col')
    ?.split(',')
    .filter((each): each is Column => COLUMNS.includes(each as Column))
  return given && given.length > 0 ? given : DEFAULT_COLUMNS
}

export function JobsPage() {
  const { query } = place.value
  const q = query.get('q') ?? ''
  const columns = columnsOf(query)
  const before = Number(query.get('before')) || undefined
  const { list, newest } = useJobList(q, before)
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
    lastList.q = q
  }, [rows])
  useEffect(() => {
    if (rows && arrival.peek() === 'back') restorePlace()
  }, [rows === null])

  useRowKeys(list, { isSelectable, select, show: () => showPending(list, newest.data.peek()) })

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
            <Columns columns={columns} />
          </div>
          {list.selected.value.size > 0 && <BulkBar q={q} selected={list.selected} shown={rows?.length ?? 0} />}
          {pending.ids.length > 0 && (
            <button type="button" class="pill" onClick={() => showPending(list, newest.data.peek())}>
              {t.newJobs(pending.ids.length, pending.isOpen)} <kbd>.</kbd>
            </button>
          )}
        </div>
        <Chips q={q} />
        {before && (
          <p class="foot">
            <span class="muted">{t.jobsBefore(before)}</span>
            <a href={href('/jobs', { q })}>{t.newestJobs}</a>
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
        {rows && <Foot q={q} list={list} />}
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

function Columns({ columns }: { columns: Column[] }) {
  const set = (next: Column[]) => setQuery({ col: next.join(',') === DEFAULT_COLUMNS.join(',') ? null : next.join(',') }, { replace: true })
  return (
    <Menu title={t.columnsTitle} icon="columns" label={<span class="wide-only">{t.columnsTitle}</span>}>
      {COLUMNS.map((column) => (
        <label key={column} class="check">
          <input
            type="checkbox"
            checked={columns.includes(column)}
            onChange={(event) => set(COLUMNS.filter((each) => (each === column ? event.currentTarget.checked : columns.includes(each))))}
          />
          {t.columns[column]}
        </label>
      ))}
    </Menu>
  )
}

/** How far the list goes, and how it goes on. */
function Foot({ q, list }: { q: string; list: JobList }) {
  const { rows = [], next = null, isPartial = false } = list.listed.value ?? {}
  return (
    <p class="foot">
      <span class="muted num">{t.rows(rows.length)}</span>
      {next !== null && rows.length < MOST && (
        <button type="button" disabled={list.isLoading} onClick={() => void loadOlder(q, list)}>
          {isPartial ? t.continueSearch : t.loadOlder}
        </button>
      )}
      {next !== null && rows.length >= MOST && (
        <button type="button" onClick={() => setQuery({ before: String(next) })}>
          {t.nextJobs(MOST)}
        </button>
      )}
      {next !== null && isPartial && <span class="muted">{t.searchedDownTo(next)}</span>}
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
