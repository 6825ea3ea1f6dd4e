// Failed jobs in groups: the same class with the same error. What has to be fixed first is at the top.
import { actOnAll, type BulkAction, preview } from '../bulk.ts'
import { Spark } from '../chart/spark.tsx'
import { may } from '../config.ts'
import { count, exact } from '../format.ts'
import { confirm } from '../parts/confirm.tsx'
import { Choice } from '../parts/controls.tsx'
import { Heading } from '../parts/heading.tsx'
import { Icon } from '../parts/icons.tsx'
import { Empty, Skeleton } from '../parts/panel.tsx'
import { Time } from '../parts/time.tsx'
import { reason, toast } from '../parts/toast.tsx'
import { useResource } from '../resource.ts'
import { jobHref, place, queueHref, searchHref, setQuery } from '../router.ts'
import { quoted } from '../search/terms.ts'
import { t } from '../strings.en.ts'
import type { FailureGroup, Failures } from '../types.ts'

const WINDOWS = ['1h', '3h', '24h', '7d'] as const

export function FailuresPage() {
  const window = place.value.query.get('w') ?? '24h'
  const failures = useResource<Failures>(`/jobs/failures?window=${window}`, 5000).data.value
  return (
    <div class="page">
      <Heading title={t.nav.failures}>
        <Choice label={t.window} value={window} options={WINDOWS} onChange={(next) => setQuery({ w: next === '24h' ? null : next })} />
      </Heading>
      {!failures && <Skeleton />}
      {failures?.groups.length === 0 && <Empty icon="check" title={t.noFailures(window)} />}
      {failures && failures.groups.length > 0 && (
        <>
          <p class="muted">{t.failuresIn(count(failures.jobs), failures.groups.length + failures.more, failures.complete)}</p>
          <table class="table cards-below">
            <thead>
              <tr>
                <th scope="col">{t.errorOf}</th>
                <th scope="col" class="right">
                  {t.nav.jobs}
                </th>
                <th scope="col" class="wide-only">
                  {t.overTime}
                </th>
                <th scope="col">{t.columns.queue}</th>
                <th scope="col">{t.firstTime}</th>
                <th scope="col">{t.lastTime}</th>
                <th scope="col">
                  <span class="visually-hidden">{t.actions}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {failures.groups.map((group) => (
                <GroupRow key={`${group.worker} ${group.error}`} group={group} />
              ))}
            </tbody>
          </table>
        </>
      )}
    </div>
  )
}

function GroupRow({ group }: { group: FailureGroup }) {
  const { worker, error, jobs, states, queues, sample } = group
  return (
    <tr>
      <td class="c-failure">
        <a href={searchHref(searchOf(group))}>
          <bdi>{worker}</bdi>
        </a>
        <bdi class="error-text" title={error ?? undefined}>
          {sample.error ?? error ?? t.hidden}
        </bdi>
        <a class="muted num" href={jobHref(sample.id)}>
          {t.sample(sample.id)}
        </a>
      </td>
      <td data-label={t.nav.jobs} class="num right" title={t.failureStates(states.discarded ?? 0, states.retryable ?? 0)}>
        {exact(jobs)}
      </td>
      <td class="c-spark wide-only">
        <Spark points={group.points} label={t.overTime} />
      </td>
      <td data-label={t.columns.queue}>
        {Object.keys(queues)
          .slice(0, 3)
          .map((queue) => (
            <a key={queue} class="chip" href={queueHref(queue)}>
              <bdi>{queue}</bdi>
            </a>
          ))}
      </td>
      <td data-label={t.firstTime}>
        <Time at={group.first_at} />
      </td>
      <td data-label={t.lastTime}>
        <Time at={group.last_at} />
      </td>
      <td class="row-actions">
        {may('jobs:bulk') && may('jobs:retry') && (
          <button type="button" onClick={() => void onGroup('retry', group)}>
            <Icon name="retry" />
            <span>{t.retryAll}</span>
          </button>
        )}
        {may('jobs:bulk') && may('jobs:delete') && (
          <button
            type="button"
            class="danger-quiet"
            aria-label={t.deleteAll}
            title={t.deleteAll}
            onClick={() => void onGroup('delete', group)}
          >
            <Icon name="trash" />
          </button>
        )}
      </td>
    </tr>
  )
}

/** The search that finds the jobs of a group. */
const searchOf = ({ fingerprint, worker }: FailureGroup) => `fingerprint:${fingerprint} worker:${quoted(worker)} state:discarded,retryable`

async function onGroup(action: BulkAction, group: FailureGroup): Promise<void> {
  const { worker, error } = group
  const text = searchOf(group)
  try {
    const found = await preview(action, text)
    const isSure = await confirm({
      title: t.confirmAction(action, found.jobs, found.exact),
      body: (
        <>
          <p>
            <bdi>{worker}</bdi>: <bdi class="error-text">{error}</bdi>
          </p>
          <p>{t.explains[action]}</p>
        </>
      ),
      verb: t.verbs[action],
      isDangerous: action !== 'retry',
      typed: action === 'delete' ? String(found.jobs) : undefined,
    })
    if (isSure) await actOnAll(action, text, found)
  } catch (problem) {
    toast(reason(problem), { isError: true })
  }
}
