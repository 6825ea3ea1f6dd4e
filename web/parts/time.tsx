// Times that go on by themselves: one timer of the page moves all of them.
import { useComputed, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { clock, fullTime, isNever, relative } from '../format.ts'
import { now } from '../live.ts'
import { zone } from '../settings.ts'
import { t } from '../strings.en.ts'

interface Props {
  at: string | null | undefined
  /** A running clock from then on, in place of "3m ago". */
  running?: boolean
  /** What the time is: "finished", "due". */
  what?: string
}

/** The difference of the server's clock is not known; times in the future that should be past are shown as now. */
export function Time({ at, running = false, what }: Props) {
  const time = useSignal(at)
  useEffect(() => {
    time.value = at
  }, [at])
  const text = useComputed(() => {
    const given = time.value
    if (!given) return '–'
    if (isNever(given)) return t.never
    const ms = Date.parse(given) - now.value
    return running ? clock(-ms) : relative(ms)
  })
  if (!at) return <span class="muted">–</span>
  const full = isNever(at) ? t.never : fullTime(at, zone.value)
  return (
    <time dateTime={at} title={what === undefined ? full : `${what} ${full}`}>
      {text}
    </time>
  )
}
