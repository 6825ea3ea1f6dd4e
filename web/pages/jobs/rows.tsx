// The rows of the list. A row's name is a link that covers it; its time says something else in each state.
import type { Signal } from '@preact/signals'
import { State } from '../../parts/state.tsx'
import { Time } from '../../parts/time.tsx'
import { jobHref, nodeHref, queueHref } from '../../router.ts'
import { t } from '../../strings.en.ts'
import type { Found } from '../../types.ts'
import { type Column, isPath, valueAt } from './columns.ts'
import type { Row } from './merge.ts'

interface Props {
  rows: readonly Row[]
  columns: string[]
  selected: Signal<ReadonlySet<number>>
  canSelect: boolean
  onSelect: (id: number, isRange: boolean) => void
}

export function JobRows({ rows, columns, selected, canSelect, onSelect }: Props) {
  const chosen = selected.value
  const allChosen = rows.length > 0 && rows.every(({ job }) => chosen.has(job.id))
  const toggleAll = () => {
    selected.value = allChosen ? new Set() : new Set(rows.map(({ job }) => job.id))
  }
  return (
    <div
      role="grid"
      class={`grid jobs cols-${columns.length}${columns.some(isPath) ? ' with-paths' : ''}${canSelect ? '' : ' no-pick'}`}
      style={columns.some(isPath) ? { '--own-columns': columns.map((each) => (isPath(each) ? '130px' : '100px')).join(' ') } : {}}
      aria-rowcount={-1}
      aria-label={t.nav.jobs}
      data-columns={columns.join(' ')}
    >
      <div role="row" class="grid-head">
        {canSelect && (
          <span role="columnheader" class="pick">
            <input type="checkbox" aria-label={t.selectPage} checked={allChosen} onChange={toggleAll} />
          </span>
        )}
        <span role="columnheader">{t.columns.job}</span>
        {columns.map((column) => (
          <span role="columnheader" key={column} class={classOf(column)}>
            {isPath(column) ? <bdi class="mono">{column}</bdi> : t.columns[column as Column]}
          </span>
        ))}
      </div>
      {rows.map(({ job, isGone }, n) => (
        <div
          role="row"
          key={job.id}
          data-id={job.id}
          tabIndex={n === 0 ? 0 : -1}
          class={`grid-row${isGone ? ' gone' : ''}`}
          aria-selected={canSelect ? chosen.has(job.id) : undefined}
          title={isGone ? t.leftTheSearch : undefined}
        >
          {canSelect && (
            <span role="gridcell" class="pick">
              <input
                type="checkbox"
                aria-label={t.selectJob(job.id)}
                checked={chosen.has(job.id)}
                onClick={(event) => onSelect(job.id, event.shiftKey)}
              />
            </span>
          )}
          <JobCell job={job} />
          {columns.map((column) => (
            <span role="gridcell" key={column} class={classOf(column)} data-label={column}>
              {isPath(column) ? <PathCell job={job} path={column} /> : <Cell job={job} column={column as Column} />}
            </span>
          ))}
        </div>
      ))}
    </div>
  )
}

const classOf = (column: string) => (isPath(column) ? 'c-path' : `c-${column}`)

function PathCell({ job, path }: { job: Found; path: string }) {
  const value = valueAt(job, path)
  if (value === null) return <span class="muted">–</span>
  return (
    <bdi class="mono" title={value}>
      {value}
    </bdi>
  )
}

function JobCell({ job }: { job: Found }) {
  const isFailed = job.state === 'retryable' || job.state === 'discarded'
  return (
    <span role="gridcell" class="c-job">
      <span class="job-name">
        <a class="cover" href={jobHref(job.id)} tabIndex={-1}>
          <bdi>{job.worker}</bdi>
        </a>
        <span class="muted num">#{String(job.id)}</span>
        <Flags job={job} />
      </span>
      <span class="job-args">
        {isFailed && job.error ? <bdi class="error-text">{job.error}</bdi> : null}
        <bdi class="mono">{typeof job.args === 'string' ? job.args : JSON.stringify(job.args)}</bdi>
      </span>
    </span>
  )
}

function Flags({ job }: { job: Found }) {
  const flags: [boolean, string, string][] = [
    [job.crashes > 0, t.flags.crashed, t.flagTitles.crashed(job.crashes)],
    [job.cron !== null, t.flags.cron, t.flagTitles.cron(job.cron ?? '')],
    [job.is_unique, t.flags.unique, t.flagTitles.unique],
    [job.state === 'retryable' && job.attempt + 1 >= job.max_attempts, t.flags.last, t.flagTitles.last],
  ]
  return (
    <>
      {flags.map(([isSet, name, title]) =>
        isSet ? (
          <span key={name} class="flag" title={title}>
            {name}
          </span>
        ) : null,
      )}
    </>
  )
}

function Cell({ job, column }: { job: Found; column: Column }) {
  switch (column) {
    case 'queue':
      return (
        <a class="above" href={queueHref(job.queue)}>
          <bdi>{job.queue}</bdi>
        </a>
      )
    case 'state':
      return <State state={job.state} note={job.is_cancelling ? t.cancelling : undefined} />
    case 'attempt':
      return (
        <span class="num">
          {job.attempt}
          <span class="muted">/{job.max_attempts}</span>
        </span>
      )
    case 'time':
      return <JobTime job={job} />
    case 'node':
      return job.node ? (
        <a class="above" href={nodeHref(job.node)}>
          <bdi>{job.node}</bdi>
        </a>
      ) : (
        <span class="muted">–</span>
      )
    case 'priority':
      return <span class="num">{job.priority}</span>
    case 'tags':
      return <bdi class="muted">{job.tags.join(', ')}</bdi>
  }
}

/** What matters in a state: how long it runs, when it is due, when it ended. */
export function JobTime({ job }: { job: Pick<Found, 'state' | 'attempted_at' | 'scheduled_at' | 'inserted_at' | 'finished_at'> }) {
  switch (job.state) {
    case 'executing':
      return (
        <span class="num">
          <Time at={job.attempted_at} running what={t.what.executing} />
        </span>
      )
    case 'suspended':
      return <Time at={job.inserted_at} what={t.what.inserted} />
    case 'available':
    case 'scheduled':
    case 'retryable':
      return <Time at={job.scheduled_at} what={t.what.due} />
    default:
      return <Time at={job.finished_at} what={t.what.finished} />
  }
}
