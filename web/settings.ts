// What the user has chosen, kept in this browser: theme, time zone, saved searches, keys on or off.
import { computed, effect, signal } from '@preact/signals'
import { base } from './config.ts'
import { ZONES, type Zone } from './format.ts'
import { place, setQuery } from './router.ts'

export type Theme = 'system' | 'light' | 'dark'
const THEMES: Theme[] = ['system', 'light', 'dark']

function stored<T>(name: string, fallback: T) {
  const key = `eram:${name}`
  let first = fallback
  try {
    first = JSON.parse(localStorage.getItem(key) ?? 'null') ?? fallback
  } catch {
    // Written by another version.
  }
  const own = signal<T>(first)
  effect(() => localStorage.setItem(key, JSON.stringify(own.value)))
  return own
}

const ownZone = stored<Zone>('zone', 'local')
/** Of the times that are shown: that of the URL, so that a link shows the same; else that of the user. */
export const zone = computed<Zone>(() => ZONES.find((each) => each === place.value.query.get('tz')) ?? ownZone.value)
export function setZone(next: Zone): void {
  ownZone.value = next
  setQuery({ tz: next === 'utc' ? next : null }, { replace: true })
}
export const hasKeys = stored('keys', true)
export const views = stored<{ name: string; q: string }[]>('views', [])
/** When an item of the attention panel may be shown again. */
export const dismissed = stored<Record<string, number>>('dismissed', {})

/** In a cookie: the server writes it into the page, which is right from its first frame on. */
export const theme = signal<Theme>((document.documentElement.dataset.theme as Theme | undefined) ?? 'system')

export function cycleTheme(): void {
  const next = THEMES[(THEMES.indexOf(theme.peek()) + 1) % THEMES.length] ?? 'system'
  theme.value = next
  const root = document.documentElement
  if (next === 'system') delete root.dataset.theme
  else root.dataset.theme = next
  const age = next === 'system' ? 0 : 31_536_000
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs HTTPS
  document.cookie = `eram_theme=${next}; path=${base}; max-age=${age}; samesite=lax`
}
