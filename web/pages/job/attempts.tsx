// The attempts of a job as a table, newest first; one of them may be open.
import { may } from '../../config.ts'
import { duration, timeOfDayExact } from '../../format.ts'
import { now } from '../../live.ts'
import { Icon } from '../../parts/icons.tsx'
import { Time } from '../../parts/time.tsx'
import { nodeHref, profileHref, setQuery } from '../../router.ts'
import { zone } from '../../settings.ts'
import { t } from '../../strings.en.ts'
import type { Attempt, Job } from '../../types.ts'
import { ErrorView } from './error.tsx'
import { attemptTimes } from './timeline.ts'

const SHOWN = 100

interface Props {
  job: Job
  attempts: Attempt[]
  /** Its place, from 1. */
  chosen: number | null
}

export function Attempts({ job, attempts, chosen }: Props) {
  const isRunning = attempts.some(({ status }) => status === 'executing')
  const times = attemptTimes(job, attempts, isRunning ? now.value : 0)
  const rows = times.slice(-SHOWN).reverse()
  return (
    <table class="table attempts">
      <thead>
        <tr>
          <th scope="col">{t.attempt}</th>
          <th scope="col">{t.outcome}</th>
          <th scope="col" class="right">
            {t.waited}
          </th>
          <th scope="col" class="right">
            {t.ran}
          </th>
          <th scope="col" class="wide-only">
            {t.columns.node}
          </th>
          <th scope="col">{t.when}</th>
          <th scope="col">{t.message}</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ attempt, waited, ran }) => {
          const at = attempts.indexOf(attempt) + 1
          const isOpen = chosen === at
          const hasMore = attempt.error !== null || (attempt.logs?.length ?? 0) > 0
          const message = attempt.error ? attempt.error.message.split('\n')[0] : ''
          return [
            <tr key={at} class={isOpen ? 'chosen' : ''}>
              <td class="num">
                {hasMore ? (
                  <button
                    type="button"
                    class="link expand"
                    aria-expanded={isOpen}
                    onClick={() => setQuery({ attempt: isOpen ? null : String(at) }, { replace: true })}
                  >
                    <Icon name={isOpen ? 'down' : 'right'} />#{attempt.attempt}
                  </button>
                ) : (
                  <span class="expand">#{attempt.attempt}</span>
                )}
              </td>
              <td>
                <span class={`outcome a-${attempt.status}`}>{t.outcomes[attempt.status]}</span>
              </td>
              <td class="num right">{waited === null ? '–' : duration(waited)}</td>
              <td class="num right">{ran === null ? '–' : duration(ran)}</td>
              <td class="wide-only">
                {attempt.attempted_by?.[0] ? (
                  <a href={nodeHref(attempt.attempted_by[0])} title={attempt.isolate ?? undefined}>
                    <bdi>{attempt.attempted_by[0]}</bdi>
                  </a>
                ) : (
                  '–'
                )}
              </td>
              <td>
                <Time at={attempt.ended_at ?? attempt.started_at} />
              </td>
              <td class="clip">
                <ProfileLink id={job.id} attempt={attempt} />
                <bdi class="error-text">{message}</bdi>
              </td>
            </tr>,
            isOpen && hasMore && (
              <tr key={`${at} more`} class="more">
                <td colSpan={7}>
                  {attempt.error && <ErrorView error={attempt.error} />}
                  {attempt.logs && <Logs lines={attempt.logs} />}
                </td>
              </tr>
            ),
          ]
        })}
      </tbody>
    </table>
  )
}

function ProfileLink({ id, attempt: { attempt, profile } }: { id: number; attempt: Attempt }) {
  if (!profile || !may('jobs:view_payload')) return null
  if (profile.bytes === 0) return <span class="muted">{t.profileLeftOut(profile.note)} </span>
  return (
    <>
      <a href={profileHref(id, attempt)}>{t.flameGraph}</a>{' '}
    </>
  )
}

function Logs({ lines }: { lines: NonNullable<Attempt['logs']> }) {
  return (
    <ol class="logs" aria-label={t.logs}>
      {lines.map(({ at, level, message }, n) => (
        <li key={n} class={`log-${level}`}>
          <time class="muted num" dateTime={at}>
            {timeOfDayExact(at, zone.value)}
          </time>
          <span class="log-level">{level}</span>
          <bdi>{message}</bdi>
        </li>
      ))}
    </ol>
  )
}
