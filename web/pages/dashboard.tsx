// The dashboard: what needs attention, what happens now, and how it was.
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { Chart } from '../chart/chart.tsx'
import { Spark } from '../chart/spark.tsx'
import { count, duration, exact, rate } from '../format.ts'
import { Choice, Meter, Select } from '../parts/controls.tsx'
import { Heading } from '../parts/heading.tsx'
import { Icon } from '../parts/icons.tsx'
import { Leaders } from '../parts/leaders.tsx'
import { Empty, Panel, Skeleton } from '../parts/panel.tsx'
import { pauseState, QueueState } from '../parts/queue-actions.tsx'
import { useResource } from '../resource.ts'
import { href, place, queueHref, searchHref, setQuery } from '../router.ts'
import { quoted } from '../search/terms.ts'
import { t } from '../strings.en.ts'
import type { Backlog, History, Node, Queue } from '../types.ts'
import { AttentionPanel } from './dashboard/attention.tsx'
import { markOf, useCounts } from './jobs/facets.tsx'
import { historyPath, WINDOWS } from './queue.tsx'

const SLOW = 10_000
const GROUPS = ['state', 'queue', 'worker', 'node'] as const
const QUANTILES = ['p50', 'p95', 'p99', 'max'] as const
const METRICS = ['executed', 'failed', 'enqueued'] as const

export function DashboardPage() {
  return (
    <div class="page dashboard">
      <Heading title={t.nav.dashboard} />
      <AttentionPanel />
      <Tiles />
      <Charts />
      <div class="cards">
        <BacklogPanel />
        <WorkersPanel />
      </div>
      <Cluster />
    </div>
  )
}

function Tiles() {
  const counts = useCounts()
  const nodes = useResource<{ nodes: Node[] }>('/nodes').data.value?.nodes
  const lately = useResource<History>(historyPath({ metric: 'executed', window: '5m', step: '10' }), 5000).data.value
  const waiting = useResource<History>(historyPath({ metric: 'backlog', group: 'state', window: '1h', step: '60' }), SLOW).data.value
  const failed = useResource<History>(historyPath({ metric: 'failed', window: '24h', step: '3600' }), 30_000).data.value
  const points = lately?.series[0]?.points ?? []
  // The newest point is still being written.
  const whole = points.slice(-7, -1).filter((point): point is number => point !== null)
  const perSecond = whole.length === 0 ? 0 : whole.reduce((sum, point) => sum + point, 0) / whole.length / (lately?.step ?? 10)
  const slots = nodes?.reduce((sum, { queues }) => sum + queues.reduce((all, { limit }) => all + limit, 0), 0) ?? 0
  const trend = (state: string) => waiting?.series.find(({ key }) => key === state)?.points ?? []
  const executing = counts?.executing?.jobs
  return (
    <ul class="tiles">
      <Tile
        title={t.throughput}
        to={href('/jobs', { q: 'state:completed' })}
        value={lately ? `${rate(perSecond)}` : '–'}
        unit="/s"
        points={points.slice(0, -1)}
      />
      <Tile
        title={t.states.executing}
        to={searchHref('state:executing')}
        value={executing === undefined ? '–' : count(executing)}
        unit={slots > 0 ? `/ ${count(slots)}` : ''}
        points={trend('executing')}
      />
      {(['available', 'scheduled', 'retryable'] as const).map((state) => (
        <Tile
          key={state}
          title={t.states[state]}
          to={searchHref(`state:${state}`)}
          value={counts?.[state] ? `${count(counts[state].jobs)}${markOf(counts[state])}` : '–'}
          points={trend(state)}
        />
      ))}
      <Tile
        title={t.failed24h}
        to={href('/jobs/failures')}
        value={failed ? count(failed.series[0]?.total ?? 0) : '–'}
        points={failed?.series[0]?.points ?? []}
        isBad={(failed?.series[0]?.total ?? 0) > 0}
      />
    </ul>
  )
}

function Tile({
  title,
  to,
  value,
  unit = '',
  points,
  isBad = false,
}: {
  title: string
  to: string
  value: ComponentChildren
  unit?: string
  points: (number | null)[]
  isBad?: boolean
}) {
  return (
    <li class={isBad ? 'tile bad' : 'tile'}>
      <a href={to} class="cover">
        {title}
      </a>
      <p class="tile-value num">
        {value}
        <span class="muted">{unit}</span>
      </p>
      <Spark points={points} label={t.trend(title)} />
    </li>
  )
}

function Charts() {
  const { query } = place.value
  const window = query.get('w') ?? '1h'
  const metric = METRICS.find((each) => each === query.get('m')) ?? 'executed'
  const groups = metric === 'executed' ? GROUPS : GROUPS.filter((each) => each !== 'state')
  const group = groups.find((each) => each === query.get('g')) ?? groups[0] ?? 'state'
  const range = window.includes('..') ? window.split('..') : null
  const asked = range ? JSON.stringify({ from: range[0], until: range[1] }) : window
  const executed = useResource<History>(historyPath({ metric, group, window: asked }), SLOW).data.value
  const kind = useSignal<'run' | 'wait'>(query.get('l') === 'wait' ? 'wait' : 'run')
  const quantile = QUANTILES.find((each) => each === query.get('a')) ?? 'p95'
  const latency = useResource<History>(historyPath({ metric: kind.value, group: 'queue', agg: quantile, window: asked }), SLOW).data.value
  const set = (name: string, first: string) => (value: string) => setQuery({ [name]: value === first ? null : value }, { replace: true })
  const zoom = (from: Date, until: Date) => setQuery({ w: `${from.toISOString()}..${until.toISOString()}` })
  return (
    <>
      <div class="window">
        <Choice label={t.window} value={window} options={WINDOWS} onChange={set('w', '1h')} />
        {range && (
          <button type="button" onClick={() => setQuery({ w: null })}>
            <Icon name="close" /> {t.resetZoom}
          </button>
        )}
      </div>
      <div class="cards charts">
        <Panel
          title={t.metrics[metric]}
          actions={
            <>
              <Select
                label={t.metric}
                value={metric}
                options={METRICS.map((each) => [each, t.metrics[each]])}
                onChange={set('m', 'executed')}
              />
              <Select label={t.groupBy} value={group} options={groups.map((each) => [each, t.by(each)])} onChange={set('g', 'state')} />
            </>
          }
        >
          <Chart title={t.metrics[metric]} history={executed} group={group} kind="bars" format={(value) => count(value)} onRange={zoom} />
        </Panel>
        <Panel
          title={t.latency[kind.value]}
          actions={
            <>
              <Select
                label={t.metric}
                value={kind.value}
                options={[
                  ['run', t.latency.run],
                  ['wait', t.latency.wait],
                ]}
                onChange={(next) => {
                  kind.value = next as 'run'
                  set('l', 'run')(next)
                }}
              />
              <Select label={t.quantile} value={quantile} options={QUANTILES.map((each) => [each, each])} onChange={set('a', 'p95')} />
            </>
          }
        >
          <Chart title={t.latency[kind.value]} history={latency} group="queue" kind="lines" format={duration} onRange={zoom} />
        </Panel>
      </div>
    </>
  )
}

/** Queues with something to do, the oldest wait first. */
function BacklogPanel() {
  const queues = useResource<{ queues: Queue[] }>('/queues').data.value?.queues
  const backlog = useResource<{ queues: Backlog[] }>('/backlog').data.value?.queues
  if (!queues)
    return (
      <Panel title={t.backlog}>
        <Skeleton rows={4} />
      </Panel>
    )
  const rows = queues
    .map((queue) => ({ queue, own: backlog?.find((each) => each.queue === queue.queue) }))
    .sort((a, b) => (b.own?.latency_ms ?? 0) - (a.own?.latency_ms ?? 0) || b.queue.running - a.queue.running)
    .slice(0, 8)
  const most = Math.max(1, ...rows.map(({ own }) => own?.depth ?? 0))
  return (
    <Panel title={t.backlog} actions={<a href={href('/queues')}>{t.allQueues}</a>}>
      {rows.length === 0 ? (
        <Empty title={t.noQueues} />
      ) : (
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t.columns.queue}</th>
              <th scope="col">{t.waiting}</th>
              <th scope="col" class="right">
                {t.oldest}
              </th>
              <th scope="col" class="wide-only">
                {t.runningNow}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ queue, own }) => (
              <tr key={queue.queue}>
                <td class="c-name">
                  <a href={queueHref(queue.queue)}>
                    <bdi>{queue.queue}</bdi>
                  </a>{' '}
                  {pauseState(queue) !== 'running' && <QueueState queue={queue} />}
                </td>
                <td>
                  <span class="barred">
                    <i style={{ width: `${((own?.depth ?? 0) / most) * 100}%` }} aria-hidden="true" />
                    <a class="num" href={searchHref(`queue:${quoted(queue.queue)} state:available`)}>
                      {exact(own?.depth ?? 0)}
                      {own?.at_least ? '+' : ''}
                    </a>
                  </span>
                </td>
                <td class="num right">{own && own.latency_ms > 0 ? duration(own.latency_ms) : <span class="muted">–</span>}</td>
                <td class="wide-only">
                  {queue.nodes.length > 0 ? (
                    <Meter value={queue.running} limit={queue.limit} label={t.runningOf(queue.running, queue.limit)} />
                  ) : (
                    <span class="muted">–</span>
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

/** Job classes by what they did within the window. */
function WorkersPanel() {
  const window = place.value.query.get('w') ?? '1h'
  const asked = window.includes('..') ? '1h' : window
  const path = (metric: string) => historyPath({ metric, group: 'worker', window: asked, top: '20' })
  const executed = useResource<History>(path('executed'), SLOW).data.value
  const failed = useResource<History>(path('failed'), SLOW).data.value
  const run = useResource<History>(path('run'), SLOW).data.value
  const totalOf = (history: History | undefined, key: string) => history?.series.find((each) => each.key === key)?.total ?? null
  const rows = (executed?.series ?? [])
    .filter(({ key, total }) => key !== '' && total !== null)
    .map(({ key, total }) => ({ key, total: total ?? 0, failed: totalOf(failed, key) ?? 0, run: totalOf(run, key) }))
    .sort((a, b) => b.failed - a.failed || (b.run ?? 0) - (a.run ?? 0))
    .slice(0, 8)
  return (
    <Panel title={t.workers(asked)} actions={<a href={href('/jobs/failures')}>{t.nav.failures}</a>}>
      {rows.length === 0 ? (
        <Empty icon="clock" title={t.nothingInWindow} />
      ) : (
        <table class="table">
          <thead>
            <tr>
              <th scope="col">{t.columns.job}</th>
              <th scope="col" class="right">
                {t.executed}
              </th>
              <th scope="col" class="right">
                {t.failed}
              </th>
              <th scope="col" class="right">
                {t.runP95}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.key}>
                <td class="c-name">
                  <a href={searchHref(`worker:${quoted(row.key)}`)}>
                    <bdi>{row.key}</bdi>
                  </a>
                </td>
                <td class="num right">{count(row.total)}</td>
                <td class={row.failed > 0 ? 'num right error-text' : 'num right muted'}>{count(row.failed)}</td>
                <td class="num right">{row.run === null ? '–' : duration(row.run)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  )
}

/** One line about the cluster. */
function Cluster() {
  const nodes = useResource<{ nodes: Node[] }>('/nodes').data.value?.nodes
  if (!nodes) return null
  const versions = [...new Set(nodes.map(({ eram_version }) => eram_version ?? '?'))]
  return (
    <p class="cluster muted">
      <a href={href('/nodes')}>{t.nodesAlive(nodes.length)}</a>
      <Leaders nodes={nodes} />
      {versions.length > 0 && <span>{t.eramVersions(versions.join(', '))}</span>}
    </p>
  )
}
