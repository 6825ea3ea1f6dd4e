// All cron entries: when they tick next, and whether they did.
import { write } from '../api.ts'
import { may } from '../config.ts'
import { refreshAll } from '../live.ts'
import { Heading } from '../parts/heading.tsx'
import { Icon } from '../parts/icons.tsx'
import { Empty, Skeleton } from '../parts/panel.tsx'
import { Time } from '../parts/time.tsx'
import { reason, toast } from '../parts/toast.tsx'
import { useResource } from '../resource.ts'
import { cronHref, searchHref } from '../router.ts'
import { quoted } from '../search/terms.ts'
import { t } from '../strings.en.ts'
import type { CronRow } from '../types.ts'

export async function changeCron(name: string, verb: 'pause' | 'resume' | 'run'): Promise<void> {
  try {
    const job = await write<{ id?: number }>('POST', `/crons/${encodeURIComponent(name)}/${verb}`)
    toast(verb === 'run' ? t.cronRan(name, job?.id ?? 0) : t.cronChanged[verb](name))
  } catch (error) {
    toast(reason(error), { isError: true })
  } finally {
    void refreshAll()
  }
}

export function CronState({ cron }: { cron: CronRow }) {
  const state = cron.problem ? 'broken' : cron.paused ? 'paused' : cron.active ? 'active' : 'inactive'
  return (
    <span class={`status c-${state}${state === 'broken' ? ' bad' : ''}`} title={cron.problem ?? t.cronStateTitles[state]}>
      {state === 'paused' && <Icon name="pause" />}
      {state === 'broken' && <Icon name="error" />}
      {t.cronStates[state]}
    </span>
  )
}

export function CronActions({ cron: { name, paused } }: { cron: CronRow }) {
  return (
    <>
      {may('crons:run') && (
        <button type="button" onClick={() => void changeCron(name, 'run')} aria-label={`${t.runNow} ${name}`}>
          <Icon name="play" />
          <span>{t.runNow}</span>
        </button>
      )}
      {may('crons:pause') && (
        <button
          type="button"
          onClick={() => void changeCron(name, paused ? 'resume' : 'pause')}
          aria-label={`${paused ? t.queueVerbs.resume : t.queueVerbs.pause} ${name}`}
        >
          <Icon name={paused ? 'play' : 'pause'} />
          <span>{paused ? t.queueVerbs.resume : t.queueVerbs.pause}</span>
        </button>
      )}
    </>
  )
}

export function CronsPage() {
  const crons = useResource<{ crons: CronRow[] }>('/crons').data.value?.crons
  return (
    <div class="page">
      <Heading title={t.nav.crons} />
      {!crons && <Skeleton />}
      {crons?.length === 0 && (
        <Empty icon="clock" title={t.noCrons}>
          <p>{t.noCronsHelp}</p>
          <pre class="code">{t.cronSample}</pre>
        </Empty>
      )}
      {crons && crons.length > 0 && (
        <table class="table cards-below">
          <thead>
            <tr>
              <th scope="col">{t.name}</th>
              <th scope="col">{t.schedule}</th>
              <th scope="col">{t.columns.job}</th>
              <th scope="col">{t.nextRun}</th>
              <th scope="col">{t.lastRun}</th>
              <th scope="col" class="right">
                {t.missed}
              </th>
              <th scope="col">{t.status}</th>
              <th scope="col">
                <span class="visually-hidden">{t.actions}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {crons.map((cron) => (
              <tr key={cron.name}>
                <td class="c-name">
                  <a href={cronHref(cron.name)}>
                    <bdi>{cron.name}</bdi>
                  </a>
                </td>
                <td data-label={t.schedule}>
                  <code class="expression">{cron.expression}</code>{' '}
                  <span class="muted">{cron.timezone === 'Etc/UTC' ? 'UTC' : cron.timezone}</span>
                </td>
                <td data-label={t.columns.job}>
                  <a href={searchHref(`cron:${quoted(cron.name)}`)}>
                    <bdi>{cron.worker}</bdi>
                  </a>
                </td>
                <td data-label={t.nextRun}>{cron.expression === '@reboot' ? t.atStart : <Time at={cron.next_at} />}</td>
                <td data-label={t.lastRun}>
                  <Time at={cron.last_at} />
                </td>
                <td data-label={t.missed} class={cron.missed > 0 ? 'num right warn-text' : 'num right muted'}>
                  {cron.missed}
                </td>
                <td data-label={t.status}>
                  <CronState cron={cron} />
                </td>
                <td class="row-actions">
                  <CronActions cron={cron} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  )
}
