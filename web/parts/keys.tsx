// The keyboard: one table, from which the overlay follows. Keys act unless the focus is where text is entered.
import { signal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { refreshAll, toggleLive } from '../live.ts'
import { href, navigate, place } from '../router.ts'
import { cycleTheme, hasKeys } from '../settings.ts'
import { t } from '../strings.en.ts'
import { isPaletteOpen } from './palette.tsx'

export const isHelpOpen = signal(false)

/** Of the page that is shown, by key; they come before the general ones. */
const pageKeys = new Map<string, () => void>()

/** Keys of a page while it is shown. */
export function useKeys(keys: Record<string, () => void>): void {
  useEffect(() => {
    for (const [key, act] of Object.entries(keys)) pageKeys.set(key, act)
    return () => {
      for (const [key, act] of Object.entries(keys)) if (pageKeys.get(key) === act) pageKeys.delete(key)
    }
  })
}

const PAGES: Record<string, string> = { d: '/', j: '/jobs', f: '/jobs/failures', q: '/queues', c: '/crons', n: '/nodes', a: '/audit' }

const GENERAL: Record<string, () => void> = {
  '?': () => (isHelpOpen.value = true),
  r: () => void refreshAll(),
  l: toggleLive,
  t: cycleTheme,
  '/': () => {
    const search = document.querySelector<HTMLInputElement>('[data-search]')
    if (search) search.focus()
    else navigate(href('/jobs', { focus: 'search' }))
  },
}

let isGoing = 0

export function startKeys(): void {
  document.addEventListener('keydown', (event) => {
    const { key, ctrlKey, metaKey, altKey } = event
    if ((ctrlKey || metaKey) && key.toLowerCase() === 'k') {
      event.preventDefault()
      isPaletteOpen.value = true
      return
    }
    if (!hasKeys.peek() || ctrlKey || metaKey || altKey || document.querySelector('dialog[open]')) return
    const target = event.target as HTMLElement
    if (target.closest('input:not([type=checkbox]),textarea,select,[contenteditable]') && key !== 'Escape') return
    if (target.closest('[popover]')) return
    const now = performance.now()
    const page = PAGES[key]
    const act = now < isGoing && page ? () => navigate(href(page)) : key === 'g' ? () => {} : (pageKeys.get(key) ?? GENERAL[key])
    isGoing = key === 'g' ? now + 1500 : 0
    if (!act) return
    event.preventDefault()
    act()
  })
}

export function KeyHelp() {
  const dialog = useRef<HTMLDialogElement>(null)
  const isOpen = isHelpOpen.value
  const { path } = place.value
  useEffect(() => {
    if (isOpen) dialog.current?.showModal()
    else dialog.current?.close()
  }, [isOpen])
  useEffect(() => {
    isHelpOpen.value = false
  }, [path])
  return (
    <dialog ref={dialog} class="dialog wide" aria-labelledby="keys-title" onClose={() => (isHelpOpen.value = false)}>
      <h2 id="keys-title">{t.keysTitle}</h2>
      <KeyList />
      <footer>
        <label class="check">
          <input type="checkbox" checked={hasKeys.value} onChange={(event) => (hasKeys.value = event.currentTarget.checked)} />
          {t.keysOn}
        </label>
        <a href={href('/help')}>{t.searchReference}</a>
        <button type="button" class="primary" onClick={() => (isHelpOpen.value = false)}>
          {t.close}
        </button>
      </footer>
    </dialog>
  )
}

/** All keys, in sections. */
export function KeyList({ class: more = '' }: { class?: string }) {
  return (
    <div class={`keys ${more}`}>
      {t.keys.map(([title, keys]) => (
        <section key={title}>
          <h3>{title}</h3>
          <dl>
            {keys.map(([names, does]) => (
              <div key={names}>
                <dt>
                  {names.split(' ').map((name) => (
                    <kbd key={name}>{name}</kbd>
                  ))}
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  )
}
