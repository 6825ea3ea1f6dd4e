// One job: what it is, what was tried, what it was given, and what can be done.
import { useComputed } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { may } from '../config.ts'
import { duration } from '../format.ts'
import { Audited } from '../parts/audited.tsx'
import { Heading } from '../parts/heading.tsx'
import { Icon } from '../parts/icons.tsx'
import { JsonView } from '../parts/json-tree.tsx'
import { useKeys } from '../parts/keys.tsx'
import { Empty, Panel, Skeleton } from '../parts/panel.tsx'
import { isFinal, State } from '../parts/state.tsx'
import { Time } from '../parts/time.tsx'
import { useResource } from '../resource.ts'
import { cronHref, href, jobHref, navigate, nodeHref, place, queueHref, searchHref } from '../router.ts'
import { quoted } from '../search/terms.ts'
import { t } from '../strings.en.ts'
import type { Job, Search } from '../types.ts'
import { JobActions } from './job/actions.tsx'
import { Attempts } from './job/attempts.tsx'
import { Timeline } from './job/timeline.tsx'
import { WhyPanel } from './job/why.tsx'
import { lastList } from './jobs.tsx'

export function JobPage({ name: id }: { name: string }) {
  const own = useResource<Job>(`/jobs/${encodeURIComponent(id)}?attempts=true`)
  const job = own.data.value
  const error = own.error.value
  const at = lastList.ids.indexOf(Number(id))
  const toNeighbor = (step: number) => () => {
    const next = lastList.ids[at + step]
    if (at >= 0 && next !== undefined) navigate(jobHref(next))
  }
  useKeys({ '[': toNeighbor(-1), ']': toNeighbor(1), Escape: () => history.back() })
  if (!job) {
    if (!error) return <Skeleton rows={10} />
    return (
      <Empty icon="search" title={error.status === 404 ? t.noSuchJob(id) : error.message}>
        <a href={href('/jobs')}>{t.backToJobs}</a>
      </Empty>
    )
  }
  const chosen = Number(place.value.query.get('attempt')) || null
  const attempts = job.attempts ?? []
  const openAttempt = chosen ?? defaultAttempt(job)
  return (
    <article class="page">
      <a class="back" href={href('/jobs', lastList.query)}>
        <Icon name="left" /> {t.nav.jobs}
      </a>
      <Heading title={`${job.worker} #${id}`} before={null}>
        <State state={job.state} note={job.cancel_requested_at && job.state === 'executing' ? t.cancelling : undefined} />
        <JobActions job={job} />
      </Heading>
      {error?.status === 404 && <div class="banner bad">{t.jobIsGone}</div>}
      <WhyPanel id={id} isProblem={job.state === 'discarded'} />
      <Facts job={job} />
      {job.progress && <Progress progress={job.progress} />}
      {attempts.length > 0 || !isFinal(job.state) ? (
        <Panel title={t.attempts}>
          <Timeline job={job} attempts={attempts} chosen={openAttempt === null ? undefined : attempts[openAttempt - 1]} />
          {attempts.length > 0 && <Attempts job={job} attempts={attempts} chosen={openAttempt} />}
        </Panel>
      ) : null}
      <Payload job={job} />
      <Lately job={job} />
      <Audited target={`job:${id}`} />
    </article>
  )
}

/** Of a job that failed, the last error is open. */
function defaultAttempt({ state, attempts = [] }: Job): number | null {
  if (state !== 'discarded' && state !== 'retryable') return null
  const at = attempts.findLastIndex(({ error }) => error !== null)
  return at < 0 ? null : at + 1
}

function Facts({ job }: { job: Job }) {
  const { meta } = job
  const cron = typeof meta?.cron_name === 'string' ? meta.cron_name : null
  const clonedFrom = typeof meta?.cloned_from === 'number' ? meta.cloned_from : null
  const facts: [string, ComponentChildren][] = [
    [
      t.columns.queue,
      <a href={queueHref(job.queue)}>
        <bdi>{job.queue}</bdi>
      </a>,
    ],
    [
      t.columns.attempt,
      <span class="num">
        {job.attempt} <span class="muted">{t.of(job.max_attempts)}</span>
      </span>,
    ],
    [t.columns.priority, <span class="num">{job.priority}</span>],
    [t.what.inserted, <Time at={job.inserted_at} />],
    [t.what.due, <Time at={job.scheduled_at} />],
    ...(job.attempted_at
      ? [
          [
            job.state === 'executing' ? t.runningFor : t.what.started,
            <Time at={job.attempted_at} running={job.state === 'executing'} />,
          ] as [string, ComponentChildren],
        ]
      : []),
    ...(isFinal(job.state)
      ? [
          [t.what[job.state as 'completed'], <Time at={job.completed_at ?? job.cancelled_at ?? job.discarded_at} />] as [
            string,
            ComponentChildren,
          ],
        ]
      : []),
    ...(job.attempted_by?.[0]
      ? [
          [
            t.columns.node,
            <a href={nodeHref(job.attempted_by[0])}>
              <bdi>{job.attempted_by[0]}</bdi>
            </a>,
          ] as [string, ComponentChildren],
        ]
      : []),
    ...(cron
      ? [
          [
            t.flags.cron,
            <a href={cronHref(cron)}>
              <bdi>{cron}</bdi>
            </a>,
          ] as [string, ComponentChildren],
        ]
      : []),
    ...(clonedFrom === null ? [] : [[t.clonedFrom, <a href={jobHref(clonedFrom)}>{`#${clonedFrom}`}</a>] as [string, ComponentChildren]]),
    ...(job.timeout !== null ? [[t.timeout, <span class="num">{duration(Number(job.timeout))}</span>] as [string, ComponentChildren]] : []),
    ...(job.crashes > 0 ? [[t.flags.crashed, <span class="num">{job.crashes}×</span>] as [string, ComponentChildren]] : []),
    ...(job.version ? [[t.version, <bdi>{job.version}</bdi>] as [string, ComponentChildren]] : []),
    ...(job.tags.length > 0
      ? [
          [
            t.columns.tags,
            <span class="tags">
              {job.tags.map((tag) => (
                <a key={tag} class="chip" href={searchHref(`tag:${quoted(tag)}`)}>
                  <bdi>{tag}</bdi>
                </a>
              ))}
            </span>,
          ] as [string, ComponentChildren],
        ]
      : []),
  ]
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Progress({ progress }: { progress: NonNullable<Job['progress']> }) {
  const value = Number(progress.value)
  return (
    <div class="progress">
      <progress max={1} value={value} aria-label={t.progress} />
      <span class="num">{Math.round(value * 100)}%</span>
      {progress.message && <bdi>{progress.message}</bdi>}
      <span class="muted">
        <Time at={progress.reported_at} />
      </span>
    </div>
  )
}

function Payload({ job }: { job: Job }) {
  if (!may('jobs:view_payload')) return <p class="muted">{t.payloadHidden}</p>
  return (
    <div class="cards">
      <Panel title={t.fields.args}>
        <JsonView name="args" value={job.args} label={t.fields.args} />
      </Panel>
      {Object.keys(job.meta ?? {}).length > 0 && (
        <Panel title={t.fields.meta}>
          <JsonView name="meta" value={job.meta} label={t.fields.meta} />
        </Panel>
      )}
      {job.result !== null && (
        <Panel title={t.result}>
          <JsonView name="result" value={job.result} label={t.result} />
        </Panel>
      )}
    </div>
  )
}

const LATELY = 40

/** The newest jobs of the same class: how long each waited and ran. */
function Lately({ job }: { job: Job }) {
  const found = useResource<Search>(
    `/jobs/search?text=${encodeURIComponent(`worker:${quoted(job.worker)} state:completed,discarded,cancelled,retryable`)}&limit=${LATELY}`,
    10_000,
  )
  const jobs = useComputed(() => (found.data.value?.jobs ?? []).filter((each) => each.attempted_at && each.finished_at).reverse())
  if (jobs.value.length < 2) return null
  const times = jobs.value.map((each) => Date.parse(each.finished_at ?? '') - Date.parse(each.attempted_at ?? ''))
  const longest = Math.log10(1 + Math.max(1, ...times))
  return (
    <Panel title={t.lately(job.worker)} actions={<a href={searchHref(`worker:${quoted(job.worker)}`)}>{t.showJobs}</a>}>
      <ul class="lately">
        {jobs.value.map((each, n) => (
          <li key={each.id}>
            <a
              class={`s-${each.state}${each.id === job.id ? ' chosen' : ''}`}
              href={jobHref(each.id)}
              title={t.ranFor(each.id, each.state, duration(times[n] ?? 0))}
              aria-label={t.ranFor(each.id, each.state, duration(times[n] ?? 0))}
            >
              <i style={{ height: `${Math.max(6, Math.round((Math.log10(1 + (times[n] ?? 0)) / longest) * 100))}%` }} />
            </a>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
