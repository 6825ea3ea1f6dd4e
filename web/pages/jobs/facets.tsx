// What the list can be narrowed to, with numbers. A click sets, with Ctrl it adds, with Alt it excludes.
import type { ComponentChildren } from 'preact'
import { count, exact } from '../../format.ts'
import { StateShape } from '../../parts/icons.tsx'
import { STATES } from '../../parts/state.tsx'
import { useResource } from '../../resource.ts'
import { setQuery } from '../../router.ts'
import { exclude, setValue, toggleValue, valuesOf } from '../../search/terms.ts'
import { t } from '../../strings.en.ts'
import type { Counts, History, JobState, Node, Queue } from '../../types.ts'

interface Numbers {
  jobs: number
  isExact: boolean
  /** Whether counting stopped there. */
  isLeast: boolean
}

/** What follows a number that is not exact. */
export const markOf = ({ isExact, isLeast }: Numbers) => (isLeast ? '+' : isExact ? '' : '~')

/** Jobs by state, of all queues. */
export function useCounts(): Partial<Record<JobState, Numbers>> | undefined {
  const own = useResource<Counts>('/counts').data.value
  if (!own) return undefined
  return Object.fromEntries(
    STATES.map((state) => {
      const { jobs = 0, exact: isExact = true, at_least: isLeast = false } = own.states[state] ?? {}
      return [state, { jobs, isExact, isLeast }]
    }),
  )
}

export function Facets({ q }: { q: string }) {
  const counts = useCounts()
  const queues = useResource<{ queues: Queue[] }>('/queues').data.value?.queues
  const nodes = useResource<{ nodes: Node[] }>('/nodes').data.value?.nodes
  const workers = useResource<History>('/history?metric=executed&group=worker&window=1h&step=60&top=8', 30_000).data.value?.series
  const states = valuesOf(q, 'state')
  return (
    <>
      <Facet title={t.columns.state}>
        <button type="button" class="facet" aria-pressed={states.length === 0} onClick={() => setQuery({ q: setValue(q, 'state', null) })}>
          <span class="facet-name">{t.all}</span>
          <Total counts={counts} />
        </button>
        {STATES.map((state) => (
          <Value
            key={state}
            q={q}
            name="state"
            value={state}
            isSet={states.includes(state)}
            class={`s-${state}`}
            before={<StateShape state={state} />}
          >
            <Amount value={counts?.[state]} />
          </Value>
        ))}
      </Facet>
      {queues && queues.length > 0 && (
        <Facet title={t.columns.queue}>
          {queues.slice(0, 12).map(({ queue, running, limit, counts: own }) => (
            <Value key={queue} q={q} name="queue" value={queue} isSet={valuesOf(q, 'queue').includes(queue)}>
              <span class="num" title={t.runningOf(running, limit)}>
                {count(own.available + own.executing)}
              </span>
            </Value>
          ))}
        </Facet>
      )}
      {workers?.some(({ key }) => key !== '') && (
        <Facet title={t.workerLastHour}>
          {workers
            .filter(({ key }) => key !== '')
            .map(({ key, total }) => (
              <Value key={key} q={q} name="worker" value={key} isSet={valuesOf(q, 'worker').includes(key)}>
                <span class="num">{count(total ?? 0)}</span>
              </Value>
            ))}
        </Facet>
      )}
      {nodes && nodes.length > 0 && (
        <Facet title={t.columns.node}>
          {nodes.slice(0, 12).map(({ node, queues: own }) => (
            <Value key={node} q={q} name="node" value={node} isSet={valuesOf(q, 'node').includes(node)}>
              <span class="num">
                {own.reduce((sum, { running }) => sum + running, 0)}
                <span class="muted">/{own.reduce((sum, { limit }) => sum + limit, 0)}</span>
              </span>
            </Value>
          ))}
        </Facet>
      )}
    </>
  )
}

function Facet({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <details class="facets-group" open>
      <summary>{title}</summary>
      {children}
    </details>
  )
}

interface ValueProps {
  q: string
  name: string
  value: string
  isSet: boolean
  class?: string
  before?: ComponentChildren
  children: ComponentChildren
}

function Value({ q, name, value, isSet, before, children, class: own = '' }: ValueProps) {
  const choose = (event: MouseEvent) => {
    if (event.altKey) setQuery({ q: exclude(q, name, value) })
    else if (event.ctrlKey || event.metaKey) setQuery({ q: toggleValue(q, name, value) })
    else setQuery({ q: setValue(q, name, isSet && valuesOf(q, name).length === 1 ? null : value) })
  }
  return (
    <button type="button" class={`facet ${own}`} aria-pressed={isSet} onClick={choose} title={t.facetTitle}>
      {before}
      <bdi class="facet-name">{value}</bdi>
      {children}
    </button>
  )
}

function Amount({ value }: { value: Numbers | undefined }) {
  if (!value) return <span class="num muted">–</span>
  return (
    <span
      class="num"
      title={value.isLeast ? t.atLeast(exact(value.jobs)) : value.isExact ? exact(value.jobs) : t.estimate(exact(value.jobs))}
    >
      {count(value.jobs)}
      {markOf(value)}
    </span>
  )
}

function Total({ counts }: { counts: ReturnType<typeof useCounts> }) {
  if (!counts) return <Amount value={undefined} />
  const all = Object.values(counts)
  const isExact = all.every((each) => each.isExact)
  const isLeast = all.some((each) => each.isLeast)
  return <Amount value={{ jobs: all.reduce((sum, { jobs }) => sum + jobs, 0), isExact, isLeast }} />
}
