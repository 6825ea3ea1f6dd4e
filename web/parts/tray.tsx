// An action on many jobs that goes on, on every page.
import { operation, stopOperation } from '../bulk.ts'
import { t } from '../strings.en.ts'

export function Tray() {
  const state = operation.value
  if (!state) return null
  const { action, done, total, isExact, isStopped } = state
  return (
    <div class="tray" role="status">
      <span class="num">{t.progressOf(action, done, total, isExact)}</span>
      <progress max={Math.max(total, done)} value={done} aria-label={t.progress} />
      <button type="button" disabled={isStopped} onClick={stopOperation}>
        {t.stop}
      </button>
    </div>
  )
}
