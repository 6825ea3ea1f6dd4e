// Why a job is where it is: one sentence, then what was checked.
import { may } from '../../config.ts'
import { Icon } from '../../parts/icons.tsx'
import { Time } from '../../parts/time.tsx'
import { useResource } from '../../resource.ts'
import { href } from '../../router.ts'
import { t } from '../../strings.en.ts'
import type { AuditEntry, Why } from '../../types.ts'

/** Milliseconds between a pause and the entry that says who asked for it, at most. */
const SOON = 10_000

export function WhyPanel({ id, isProblem }: { id: string; isProblem: boolean }) {
  const own = useResource<Why>(`/jobs/${id}/why`)
  const why = own.data.value
  if (!why) {
    if (own.error.value) return null
    // As high as what comes.
    return (
      <div class="why" aria-hidden="true">
        <p class="why-text">&nbsp;</p>
        <p class="why-more">&nbsp;</p>
      </div>
    )
  }
  return (
    <section class={isProblem ? 'why bad' : 'why'} aria-labelledby="why-title">
      <h2 id="why-title" class="visually-hidden">
        {t.why}
      </h2>
      <p class="why-text">
        <bdi>{why.text}</bdi>
      </p>
      <PausedBy why={why} />
      {why.checks.length > 0 && (
        <details>
          <summary>{t.whatWasChecked(why.checks.length)}</summary>
          <ul>
            {why.checks.map(({ code, ok, text }) => (
              <li key={code} class={ok ? 'ok' : 'not-ok'}>
                <Icon name={ok ? 'check' : 'close'} />
                <span class="visually-hidden">{ok ? t.checkOk : t.checkNotOk}</span>
                <bdi>{text}</bdi>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}

/** Who has paused the queue. Only what was asked for over HTTP has an entry: a pause by code or SQL has none. */
function PausedBy({ why }: { why: Why }) {
  const { queue, since } = why.checks.find(({ code, data }) => code === 'paused' && data?.since)?.data ?? {}
  const from = Date.parse(String(since))
  const path = Number.isNaN(from)
    ? null
    : `/audit?operation=pause&result=ok&from=${new Date(from).toISOString()}&until=${new Date(from + SOON).toISOString()}`
  const answer = useResource<{ audit: AuditEntry[] }>(may('audit:view') ? path : null, 5000).data.value
  // Of a second pause in that time, the first one counts.
  const entry = answer?.audit.findLast(({ target }) => target === `queue:${queue}` || target === 'queue:*')
  if (!entry) return null
  return (
    <p>
      <bdi>{t.pausedBy(entry.user)}</bdi> <Time at={entry.at} />{' '}
      <a href={href('/audit', { target: entry.target, operation: 'pause' })}>{t.nav.audit}</a>
    </p>
  )
}
