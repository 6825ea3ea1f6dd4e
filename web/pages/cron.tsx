// One cron entry: its next runs, its jobs so far, and what it makes.
import { may } from '../config.ts'
import { dayAndTime, duration, fullTime } from '../format.ts'
import { Heading } from '../parts/heading.tsx'
import { Icon } from '../parts/icons.tsx'
import { JsonView } from '../parts/json-tree.tsx'
import { Empty, Panel, Skeleton } from '../parts/panel.tsx'
import { State } from '../parts/state.tsx'
import { Time } from '../parts/time.tsx'
import { useResource } from '../resource.ts'
import { href, jobHref, searchHref } from '../router.ts'
import { quoted } from '../search/terms.ts'
import { zone } from '../settings.ts'
import { t } from '../strings.en.ts'
import type { CronDetail, CronRun } from '../types.ts'
import { CronActions, CronState } from './crons.tsx'

export function CronPage({ name }: { name: string }) {
  const own = useResource<CronDetail>(`/crons/${encodeURIComponent(name)}`)
  const cron = own.data.value
  if (!cron) {
    if (!own.error.value) return <Skeleton rows={8} />
    return (
      <Empty icon="search" title={t.noSuchCron(name)}>
        <a href={href('/crons')}>{t.nav.crons}</a>
      </Empty>
    )
  }
  return (
    <article class="page">
      <a class="back" href={href('/crons')}>
        <Icon name="left" /> {t.nav.crons}
      </a>
      <Heading title={name}>
        <CronState cron={cron} />
        <div class="actions">
          <CronActions cron={cron} />
        </div>
      </Heading>
      {cron.problem && <div class="banner bad">{cron.problem}</div>}
      <dl class="facts">
        <div>
          <dt>{t.schedule}</dt>
          <dd>
            <code class="expression">{cron.expression}</code>
          </dd>
        </div>
        <div>
          <dt>{t.timezone}</dt>
          <dd>{cron.timezone}</dd>
        </div>
        <div>
          <dt>{t.columns.job}</dt>
          <dd>
            <bdi>{cron.worker}</bdi>
          </dd>
        </div>
        <div>
          <dt>{t.lastRun}</dt>
          <dd>
            <Time at={cron.last_at} />
          </dd>
        </div>
        <div>
          <dt>{t.missed}</dt>
          <dd class="num">{cron.missed}</dd>
        </div>
        <div>
          <dt>{t.source}</dt>
          <dd>{t.sources[cron.source]}</dd>
        </div>
        {cron.guaranteed && (
          <div>
            <dt>{t.guaranteed}</dt>
            <dd>{t.guaranteedMeaning}</dd>
          </div>
        )}
      </dl>
      <div class="cards">
        <Panel title={t.nextRuns}>
          {cron.expression === '@reboot' ? (
            <p class="pad">{t.atStart}</p>
          ) : (
            <ol class="plain next-runs">
              {cron.next.map((time) => (
                <li key={time}>
                  <span class="num" title={fullTime(time, cron.timezone)}>
                    {dayAndTime(time, zone.value)}
                  </span>
                  <Time at={time} />
                  {cron.timezone !== 'Etc/UTC' && <span class="muted">{t.inZone(dayAndTime(time, cron.timezone), cron.timezone)}</span>}
                </li>
              ))}
            </ol>
          )}
          {cron.paused && <p class="note">{t.pausedNote}</p>}
        </Panel>
        {may('jobs:view_payload') && (
          <Panel title={t.fields.args}>
            <JsonView name="args" value={cron.args} label={t.fields.args} />
          </Panel>
        )}
      </div>
      <Runs runs={cron.history} name={name} />
    </article>
  )
}

/** The last runs as bars, a tick without a job as a gap, and the newest as a list. */
function Runs({ runs, name }: { runs: CronRun[]; name: string }) {
  const spans = runs.map(({ attempted_at, finished_at }) =>
    attempted_at && finished_at ? Math.max(1, Date.parse(finished_at) - Date.parse(attempted_at)) : 0,
  )
  const longest = Math.log10(1 + Math.max(1, ...spans))
  return (
    <Panel title={t.lastRuns} actions={<a href={searchHref(`cron:${quoted(name)}`)}>{t.showJobs}</a>}>
      {runs.length === 0 ? (
        <p class="muted pad">{t.neverRan}</p>
      ) : (
        <>
          <ul class="lately">
            {runs
              .map((run, n) => ({ ...run, span: spans[n] ?? 0 }))
              .reverse()
              .map((run) => (
                <li key={run.job}>
                  <a
                    class={run.state ? `s-${run.state}` : 's-suspended'}
                    href={jobHref(run.job)}
                    title={t.ranFor(run.job, run.state ?? t.deleted, duration(run.span))}
                    aria-label={t.ranFor(run.job, run.state ?? t.deleted, duration(run.span))}
                  >
                    <i style={{ height: `${Math.max(8, Math.round((Math.log10(1 + run.span) / longest) * 100))}%` }} />
                  </a>
                </li>
              ))}
          </ul>
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t.tick}</th>
                <th scope="col">{t.columns.job}</th>
                <th scope="col">{t.columns.state}</th>
                <th scope="col" class="right">
                  {t.ran}
                </th>
              </tr>
            </thead>
            <tbody>
              {runs.slice(0, 20).map((run, n) => (
                <tr key={run.job}>
                  <td>{run.manual || !run.tick ? <span class="flag">{t.manual}</span> : <Time at={run.tick} />}</td>
                  <td class="num">
                    <a href={jobHref(run.job)}>#{run.job}</a>
                  </td>
                  <td>{run.state ? <State state={run.state} /> : <span class="muted">{t.deleted}</span>}</td>
                  <td class="num right">{spans[n] ? duration(spans[n] ?? 0) : '–'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </Panel>
  )
}
