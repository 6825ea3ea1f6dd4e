// One queue: its charts, its jobs by state, its nodes with their limits, and the jobs that run now.
import { useSignal } from '@preact/signals'
import { Chart } from '../chart/chart.tsx'
import { may } from '../config.ts'
import { count, duration, exact } from '../format.ts'
import { Audited } from '../parts/audited.tsx'
import { Choice, Meter, Stepper } from '../parts/controls.tsx'
import { Heading } from '../parts/heading.tsx'
import { Icon, StateShape } from '../parts/icons.tsx'
import { useKeys } from '../parts/keys.tsx'
import { Empty, Panel, Skeleton } from '../parts/panel.tsx'
import { changeQueue, pauseOrResume, pauseState, QueueActions, QueueState } from '../parts/queue-actions.tsx'
import { STATES } from '../parts/state.tsx'
import { Time } from '../parts/time.tsx'
import { useResource } from '../resource.ts'
import { href, nodeHref, place, searchHref, setQuery } from '../router.ts'
import { quoted } from '../search/terms.ts'
import { t } from '../strings.en.ts'
import type { History, Queue, Search } from '../types.ts'
import { RunningJobs } from './jobs/running.tsx'

export const WINDOWS = ['15m', '1h', '6h', '24h', '7d', '30d'] as const
export const MOST_JOBS = 100_000
const SLOW = 10_000

export function historyPath(options: Record<string, string>, filter?: Record<string, string>): string {
  const query = new URLSearchParams(options)
  if (filter) query.set('filter', JSON.stringify(filter))
  return `/history?${query}`
}

export function QueuePage({ name }: { name: string }) {
  const own = useResource<{ queues: Queue[] }>('/queues')
  const queue = own.data.value?.queues.find((each) => each.queue === name)
  useKeys({
    ...(may('queues:pause') && queue && queue.nodes.length > 0 && { p: () => void pauseOrResume(name, pauseState(queue) === 'paused') }),
  })
  if (!queue) {
    if (!own.data.value) return <Skeleton rows={10} />
    return (
      <Empty icon="search" title={t.noSuchQueue(name)}>
        <a href={href('/queues')}>{t.nav.queues}</a>
      </Empty>
    )
  }
  return (
    <article class="page">
      <a class="back" href={href('/queues')}>
        <Icon name="left" /> {t.nav.queues}
      </a>
      <Heading title={name}>
        <QueueState queue={queue} />
        <QueueActions queue={queue} />
      </Heading>
      <ul class="state-counts">
        {STATES.map((state) => (
          <li key={state}>
            <a class={`s-${state}`} href={searchHref(`queue:${quoted(name)} state:${state}`)} title={exact(queue.counts[state])}>
              <StateShape state={state} />
              <span>{t.states[state]}</span>
              <b class="num">
                {count(queue.counts[state])}
                {queue.at_least.includes(state) ? '+' : queue.estimated.includes(state) ? '~' : ''}
              </b>
            </a>
          </li>
        ))}
      </ul>
      <Charts name={name} />
      <QueueNodes queue={queue} />
      <Running name={name} />
      <Audited target={`queue:${name}`} />
    </article>
  )
}

function Charts({ name }: { name: string }) {
  const window = place.value.query.get('w') ?? '1h'
  const executed = useResource<History>(historyPath({ metric: 'executed', group: 'state', window }, { queue: name }), SLOW).data.value
  const latency = useSignal<'run' | 'wait'>('run')
  const durations = useResource<History>(historyPath({ metric: latency.value, window }, { queue: name }), SLOW).data.value
  return (
    <>
      <div class="window">
        <Choice
          label={t.window}
          value={window}
          options={WINDOWS}
          onChange={(next) => setQuery({ w: next === '1h' ? null : next }, { replace: true })}
        />
      </div>
      <div class="cards">
        <Panel title={t.executed}>
          <Chart title={t.executed} history={executed} group="state" kind="bars" format={(value) => count(value)} />
        </Panel>
        <Panel
          title={t.p95}
          actions={<Choice label={t.p95} value={latency.value} options={['run', 'wait']} onChange={(next) => (latency.value = next)} />}
        >
          <Chart title={`${t.p95} ${latency.value}`} history={durations} group={null} kind="lines" format={duration} />
        </Panel>
      </div>
    </>
  )
}

function QueueNodes({ queue }: { queue: Queue }) {
  const limits = new Set(queue.nodes.map(({ limit }) => limit))
  const [only] = queue.nodes
  const canScale = may('queues:scale')
  return (
    <Panel
      title={t.nav.nodes}
      actions={
        canScale && only ? (
          <span class="inline">
            <span class="muted">{limits.size > 1 ? t.limitVaries : t.limitPerNode}</span>
            <Stepper
              label={t.limitOf(queue.queue)}
              value={limits.size > 1 ? Math.max(...limits) : only.limit}
              max={MOST_JOBS}
              onChange={(limit) => void changeQueue(queue.queue, 'scale', { limit })}
            />
          </span>
        ) : null
      }
    >
      {queue.nodes.length === 0 ? (
        <Empty icon="warning" title={t.noNodesServe}>
          <p>{t.noNodesServeHelp(queue.queue)}</p>
        </Empty>
      ) : (
        <table class="table cards-below">
          <thead>
            <tr>
              <th scope="col">{t.columns.node}</th>
              <th scope="col">{t.status}</th>
              <th scope="col">{t.runningNow}</th>
              <th scope="col" class="wide-only">
                {t.startedAt}
              </th>
              <th scope="col" class="right">
                {t.heartbeat}
              </th>
              <th scope="col">
                <span class="visually-hidden">{t.actions}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {queue.nodes.map((node) => (
              <tr key={node.uuid}>
                <td class="c-name">
                  <a href={nodeHref(node.node)}>
                    <bdi>{node.node}</bdi>
                  </a>
                </td>
                <td data-label={t.status}>
                  <span class={`status q-${node.paused ? 'paused' : 'running'}`}>
                    {node.paused && <Icon name="pause" />}
                    {node.asleep ? t.asleep : t.queueStates[node.paused ? 'paused' : 'running']}
                  </span>
                </td>
                <td data-label={t.runningNow}>
                  <Meter value={node.running} limit={node.limit} label={t.runningOf(node.running, node.limit)} />
                </td>
                <td data-label={t.startedAt} class="wide-only">
                  <Time at={node.started_at} />
                </td>
                <td data-label={t.heartbeat} class="num right">
                  {node.asleep ? '–' : t.ago(duration(node.age_ms))}
                </td>
                <td class="row-actions">
                  {canScale && (
                    <Stepper
                      label={t.limitOn(node.node)}
                      value={node.limit}
                      max={MOST_JOBS}
                      onChange={(limit) => void changeQueue(queue.queue, 'scale', { limit, node: node.node })}
                    />
                  )}
                  {may('queues:pause') && (
                    <button
                      type="button"
                      aria-label={`${node.paused ? t.queueVerbs.resume : t.queueVerbs.pause} ${node.node}`}
                      onClick={() => void pauseOrResume(queue.queue, node.paused, node.node)}
                    >
                      <Icon name={node.paused ? 'play' : 'pause'} />
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}

function Running({ name }: { name: string }) {
  const q = `queue:${quoted(name)} state:executing`
  const jobs = useResource<Search>(`/jobs/search?text=${encodeURIComponent(q)}&limit=20`).data.value?.jobs
  return <RunningJobs jobs={jobs} search={q} columns={['attempt', 'node', 'time']} />
}
