// Short messages: what an action did, or why it was refused.
import { signal } from '@preact/signals'
import { ApiError } from '../api.ts'
import { t } from '../strings.en.ts'
import { Icon } from './icons.tsx'

interface Toast {
  id: number
  text: string
  isError: boolean
}

const toasts = signal<Toast[]>([])
/** For screen readers: what has changed in a list. */
export const announcement = signal('')
let ids = 0

export function toast(text: string, { isError = false } = {}): void {
  ids += 1
  const id = ids
  toasts.value = [...toasts.peek().slice(-3), { id, text, isError }]
  setTimeout(() => close(id), isError ? 12_000 : 5000)
}

const close = (id: number) => {
  toasts.value = toasts.peek().filter((each) => each.id !== id)
}

/** The reason of a failure, in words of the user. */
export function reason(error: unknown): string {
  if (!(error instanceof ApiError)) return String((error as Error)?.message ?? error)
  if (error.status === 401) return t.sessionExpired
  if (error.more.permission) return t.lacksPermission(error.more.permission)
  return error.more.hint ? `${error.message}; ${error.more.hint}` : error.message
}

export function Toasts() {
  return (
    <>
      <div class="toasts" role="status" aria-live="polite">
        {toasts.value.map(({ id, text, isError }) => (
          <div key={id} class={isError ? 'toast bad' : 'toast'}>
            <Icon name={isError ? 'error' : 'check'} />
            <span>{text}</span>
            <button type="button" class="ghost" aria-label={t.close} onClick={() => close(id)}>
              <Icon name="close" />
            </button>
          </div>
        ))}
      </div>
      <div class="visually-hidden" aria-live="polite">
        {announcement}
      </div>
    </>
  )
}
