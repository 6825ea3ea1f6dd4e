// What can be done with the rows that are selected, or with all that match.
import type { Signal } from '@preact/signals'
import { act, actOnAll, type BulkAction, preview } from '../../bulk.ts'
import { may } from '../../config.ts'
import { confirm } from '../../parts/confirm.tsx'
import { Icon, type IconName } from '../../parts/icons.tsx'
import { reason, toast } from '../../parts/toast.tsx'
import { t } from '../../strings.en.ts'

export const ACTIONS: { action: BulkAction; icon: IconName }[] = [
  { action: 'retry', icon: 'retry' },
  { action: 'cancel', icon: 'cancel' },
  { action: 'delete', icon: 'trash' },
]

/** More than so many need the number typed. */
const MANY = 1000

export async function actOnSelected(action: BulkAction, selected: Signal<ReadonlySet<number>>): Promise<void> {
  const ids = [...selected.peek()]
  const isDangerous = action !== 'retry'
  const isSure = await confirm({
    title: t.confirmAction(action, ids.length),
    body: t.explains[action],
    verb: t.verbs[action],
    isDangerous,
    typed: action === 'delete' && ids.length > 1 ? String(ids.length) : undefined,
  })
  if (isSure && (await act(action, ids))) selected.value = new Set()
}

async function actOnMatching(action: BulkAction, q: string): Promise<void> {
  try {
    const found = await preview(action, q)
    const isSure = await confirm({
      title: t.confirmAction(action, found.jobs, found.exact),
      body: (
        <>
          <p class="mono">{q}</p>
          <p>{t.explains[action]}</p>
          {Object.entries(found.skipped).map(([state, jobs]) => (
            <p key={state} class="muted">
              {t.skips(jobs ?? 0, state)}
            </p>
          ))}
          <p class="muted">{t.upTo(found.max_id)}</p>
        </>
      ),
      verb: t.verbs[action],
      isDangerous: action !== 'retry',
      typed: action === 'delete' || found.jobs > MANY ? String(found.jobs) : undefined,
    })
    if (isSure) await actOnAll(action, q, found)
  } catch (error) {
    toast(reason(error), { isError: true })
  }
}

export function BulkBar({ q, selected, shown }: { q: string; selected: Signal<ReadonlySet<number>>; shown: number }) {
  const size = selected.value.size
  const mayAll = may('jobs:bulk') && q !== ''
  const allowed = ACTIONS.filter(({ action }) => may(`jobs:${action}`))
  return (
    <div class="bulk" role="toolbar" aria-label={t.selectionActions}>
      <span class="bulk-count" aria-live="polite">
        {t.selected(size)}
      </span>
      {allowed.map(({ action, icon }) => (
        <button
          key={action}
          type="button"
          class={action === 'delete' ? 'danger-quiet' : ''}
          onClick={() => void actOnSelected(action, selected)}
        >
          <Icon name={icon} />
          {t.verbs[action]}
        </button>
      ))}
      {mayAll && size >= shown && (
        <span class="bulk-all">
          {allowed.map(({ action }) => (
            <button key={action} type="button" class="link" onClick={() => void actOnMatching(action, q)}>
              {t.allMatching(action)}
            </button>
          ))}
        </span>
      )}
      <button type="button" class="ghost" onClick={() => (selected.value = new Set())}>
        {t.clearSelection} <kbd>Esc</kbd>
      </button>
    </div>
  )
}

export const canSelect = () => may('jobs:bulk') && ACTIONS.some(({ action }) => may(`jobs:${action}`))
