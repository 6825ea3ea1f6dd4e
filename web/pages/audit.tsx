// Who changed what.

import { queryOf } from '../api.ts'
import { Heading } from '../parts/heading.tsx'
import { Empty, Skeleton } from '../parts/panel.tsx'
import { Time } from '../parts/time.tsx'
import { useResource } from '../resource.ts'
import { cronHref, href, jobHref, place, queueHref, setQuery } from '../router.ts'
import { t } from '../strings.en.ts'
import type { AuditEntry } from '../types.ts'

const FILTERS = ['user', 'operation', 'target', 'result'] as const
const LIMIT = 100

export function AuditPage() {
  const { query } = place.value
  const given = Object.fromEntries(FILTERS.map((name) => [name, query.get(name)]))
  const before = query.get('before')
  const answer = useResource<{ audit: AuditEntry[]; next: number | null }>(`/audit${queryOf({ ...given, before, limit: LIMIT })}`).data
    .value
  return (
    <div class="page">
      <Heading title={t.nav.audit} />
      <form class="filter-row" onSubmit={(event) => event.preventDefault()}>
        {(['user', 'operation', 'target'] as const).map((name) => (
          <label key={name} class="field inline-field">
            <span>{t.auditFields[name]}</span>
            <input value={given[name] ?? ''} onChange={(event) => setQuery({ [name]: event.currentTarget.value, before: null })} />
          </label>
        ))}
        <label class="field inline-field">
          <span>{t.auditFields.result}</span>
          <select onChange={(event) => setQuery({ result: event.currentTarget.value, before: null })}>
            {['', 'ok', 'refused', 'failed'].map((value) => (
              <option key={value} value={value} selected={(given.result ?? '') === value}>
                {value === '' ? t.any : value}
              </option>
            ))}
          </select>
        </label>
      </form>
      {!answer && <Skeleton />}
      {answer?.audit.length === 0 && <Empty icon="search" title={t.noAudit} />}
      {answer && answer.audit.length > 0 && (
        <table class="table cards-below">
          <thead>
            <tr>
              <th scope="col">{t.when}</th>
              <th scope="col">{t.auditFields.user}</th>
              <th scope="col">{t.auditFields.operation}</th>
              <th scope="col">{t.auditFields.target}</th>
              <th scope="col">{t.options}</th>
              <th scope="col">{t.auditFields.result}</th>
            </tr>
          </thead>
          <tbody>
            {answer.audit.map((entry) => (
              <tr key={entry.id}>
                <td data-label={t.when}>
                  <Time at={entry.at} />
                </td>
                <td data-label={t.auditFields.user}>
                  <bdi>{entry.user ?? '–'}</bdi>
                </td>
                <td data-label={t.auditFields.operation} class="mono">
                  {entry.operation}
                </td>
                <td data-label={t.auditFields.target}>
                  <Target target={entry.target} />
                </td>
                <td data-label={t.options} class="clip mono muted">
                  <bdi>{JSON.stringify(entry.options)}</bdi>
                </td>
                <td data-label={t.auditFields.result}>
                  <span class={`result r-${entry.result}`} title={entry.code ?? String(entry.status)}>
                    {entry.result} <span class="num muted">{entry.status}</span>
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {answer?.next != null && (
        <p class="foot">
          <a href={href('/audit', { ...given, before: answer.next })}>{t.older}</a>
        </p>
      )}
    </div>
  )
}

/** What was changed, as a link to its page. */
function Target({ target }: { target: string | null }) {
  const [, kind = '', name = ''] = /^(job|queue|cron):(.+)$/s.exec(target ?? '') ?? []
  const to = kind === 'job' ? jobHref(name) : kind === 'queue' ? queueHref(name) : kind === 'cron' ? cronHref(name) : null
  if (target === null) return <span class="muted">–</span>
  return to ? (
    <a href={to}>
      <bdi>{target}</bdi>
    </a>
  ) : (
    <bdi>{target}</bdi>
  )
}
