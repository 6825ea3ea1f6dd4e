// Who changed something, for those who may see that: the newest changes of a target.
import { may } from '../config.ts'
import { useResource } from '../resource.ts'
import { t } from '../strings.en.ts'
import type { AuditEntry } from '../types.ts'
import { Panel } from './panel.tsx'
import { Time } from './time.tsx'

const SHOWN = 20

/** `target`: as entries name it, job:42 or queue:emails. */
export function Audited({ target }: { target: string }) {
  const path = `/audit?target=${encodeURIComponent(target)}&limit=${SHOWN}`
  const entries = useResource<{ audit: AuditEntry[] }>(may('audit:view') ? path : null, 5000).data.value?.audit ?? []
  if (entries.length === 0) return null
  return (
    <Panel title={t.nav.audit}>
      <ul class="plain">
        {entries.map((entry) => (
          <li key={entry.id}>
            <bdi>{t.audited(entry.operation, entry.user)}</bdi> <Time at={entry.at} />{' '}
            {entry.result !== 'ok' && <span class="flag">{entry.result}</span>}
          </li>
        ))}
      </ul>
    </Panel>
  )
}
