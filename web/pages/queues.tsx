// All queues: what they do, what waits, who serves them.
import { useSignal } from '@preact/signals'
import { Spark } from '../chart/spark.tsx'
import { may } from '../config.ts'
import { count, duration, exact, rate } from '../format.ts'
import { Meter } from '../parts/controls.tsx'
import { Heading } from '../parts/heading.tsx'
import { Icon } from '../parts/icons.tsx'
import { Empty, Skeleton } from '../parts/panel.tsx'
import { pauseOrResume, pauseState, QueueState } from '../parts/queue-actions.tsx'
import { useResource } from '../resource.ts'
import { place, queueHref, searchHref, setQuery } from '../router.ts'
import { quoted } from '../search/terms.ts'
import { t } from '../strings.en.ts'
import type { Backlog, History, JobState, Queue } from '../types.ts'

const LATE = 60_000

export function QueuesPage() {
  const own = useResource<{ queues: Queue[] }>('/queues')
  const backlog = useResource<{ queues: Backlog[] }>('/backlog').data.value?.queues
  const history = useResource<History>('/history?metric=executed&group=queue&window=5m&step=10&top=100', 5000).data.value
  const text = useSignal(place.value.query.get('q') ?? '')
  const queues = own.data.value?.queues
  const wanted = text.value.trim().toLowerCase()
  const shown = queues?.filter((queue) => queue.queue.toLowerCase().includes(wanted) || t.queueStates[pauseState(queue)].startsWith(wanted))
  return (
    <div class="page">
      <Heading title={t.nav.queues}>
        <label class="quick-filter">
          <Icon name="search" />
          <input
            data-search
            type="search"
            aria-label={t.filterQueues}
            placeholder={t.filterQueues}
            value={text}
            onInput={(event) => {
              text.value = event.currentTarget.value
              setQuery({ q: text.value }, { replace: true })
            }}
          />
        </label>
      </Heading>
      {!shown && <Skeleton />}
      {shown?.length === 0 && (
        <Empty icon="table" title={queues?.length === 0 ? t.noQueues : t.noMatch}>
          {queues?.length === 0 && <p>{t.noQueuesHelp}</p>}
        </Empty>
      )}
      {shown && shown.length > 0 && (
        <table class="table cards-below">
          <thead>
            <tr>
              <th scope="col">{t.columns.queue}</th>
              <th scope="col">{t.status}</th>
              <th scope="col">{t.utilisation}</th>
              <th scope="col">{t.throughput5m}</th>
              <th scope="col" class="right">
                {t.states.available}
              </th>
              <th scope="col" class="right">
                {t.oldest}
              </th>
              <th scope="col" class="right wide-only">
                {t.states.scheduled}
              </th>
              <th scope="col" class="right wide-only">
                {t.states.retryable}
              </th>
              <th scope="col" class="right">
                {t.nav.nodes}
              </th>
              <th scope="col">
                <span class="visually-hidden">{t.actions}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {shown.map((queue) => (
              <QueueRow key={queue.queue} queue={queue} backlog={backlog?.find((each) => each.queue === queue.queue)} history={history} />
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}

function QueueRow({ queue, backlog, history }: { queue: Queue; backlog: Backlog | undefined; history: History | undefined }) {
  const { queue: name, counts, running, limit, nodes } = queue
  const points = history?.series.find(({ key }) => key === name)?.points ?? []
  const seconds = points.length * (history?.step ?? 10)
  const perSecond = seconds === 0 ? 0 : points.reduce<number>((sum, point) => sum + (point ?? 0), 0) / seconds
  const state = pauseState(queue)
  const oldest = backlog?.latency_ms ?? 0
  return (
    <tr>
      <td class="c-name">
        <a href={queueHref(name)}>
          <bdi>{name}</bdi>
        </a>
      </td>
      <td data-label={t.status}>
        <QueueState queue={queue} />
      </td>
      <td data-label={t.utilisation}>
        {nodes.length > 0 ? <Meter value={running} limit={limit} label={t.runningOf(running, limit)} /> : <span class="muted">–</span>}
      </td>
      <td data-label={t.throughput5m} class="c-spark">
        <Spark points={points} label={t.perSecond(rate(perSecond))} />
        <span class="num">{rate(perSecond)}/s</span>
      </td>
      <StateCount queue={queue} state="available" />
      <td data-label={t.oldest} class={oldest > LATE ? 'num right warn-text' : 'num right'}>
        {counts.available > 0 && oldest > 0 ? duration(oldest) : <span class="muted">–</span>}
      </td>
      <StateCount queue={queue} state="scheduled" wideOnly />
      <StateCount queue={queue} state="retryable" wideOnly />
      <td data-label={t.nav.nodes} class="num right">
        {nodes.length}
      </td>
      <td class="row-actions">
        {may('queues:pause') && nodes.length > 0 && (
          <button
            type="button"
            onClick={() => void pauseOrResume(name, state === 'paused')}
            aria-label={`${state === 'paused' ? t.queueVerbs.resume : t.queueVerbs.pause} ${name}`}
          >
            <Icon name={state === 'paused' ? 'play' : 'pause'} />
            <span>{state === 'paused' ? t.queueVerbs.resume : t.queueVerbs.pause}</span>
          </button>
        )}
      </td>
    </tr>
  )
}

/** A number of jobs, as a link to them. */
export function StateCount({ queue, state, wideOnly = false }: { queue: Queue; state: JobState; wideOnly?: boolean }) {
  const value = queue.counts[state]
  const mark = queue.at_least.includes(state) ? '+' : queue.estimated.includes(state) ? '~' : ''
  return (
    <td data-label={t.states[state]} class={`num right${wideOnly ? ' wide-only' : ''}`}>
      {value === 0 ? (
        <span class="muted">0</span>
      ) : (
        <a href={searchHref(`queue:${quoted(queue.queue)} state:${state}`)} title={exact(value)}>
          {count(value)}
          {mark}
        </a>
      )}
    </td>
  )
}
