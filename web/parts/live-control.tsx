// How often the page asks again, and how old is what it shows.
import { timeOfDay, ZONES } from '../format.ts'
import { dataAt, INTERVALS, interval, refreshAll, slowed, status } from '../live.ts'
import { setZone, zone } from '../settings.ts'
import { t } from '../strings.en.ts'
import { Choice, Menu } from './controls.tsx'
import { Icon } from './icons.tsx'

export function LiveControl() {
  const state = status.value
  const text = state === 'live' ? (slowed.value ? t.slowed(slowed.value) : t.liveEvery(interval.value)) : t.liveStates[state]
  return (
    <div class="live">
      <Menu
        title={t.liveLabel(text)}
        label={
          <>
            <i class={`dot ${state}`} aria-hidden="true" />
            <span class="live-text">{text}</span>
          </>
        }
      >
        <p class="menu-title">{t.refreshEvery}</p>
        {INTERVALS.map((seconds) => (
          <button key={seconds} type="button" aria-pressed={interval.value === seconds} onClick={() => (interval.value = seconds)}>
            {seconds === 0 ? t.off : t.seconds(seconds)}
          </button>
        ))}
        <hr />
        <button type="button" onClick={() => void refreshAll()}>
          <Icon name="retry" /> {t.refreshNow} <kbd>r</kbd>
        </button>
        <hr />
        <p class="menu-title">{t.timezone}</p>
        <Choice label={t.timezone} value={zone.value} options={ZONES} onChange={setZone} />
      </Menu>
      <span class="data-at num" title={t.dataAtTitle}>
        {dataAt.value ? timeOfDay(dataAt.value, zone.value) : '––:––:––'}
      </span>
    </div>
  )
}
