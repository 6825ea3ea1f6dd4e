// The heading of a page.
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { config } from '../config.ts'
import { arrival } from '../router.ts'
import { t } from '../strings.en.ts'

/** The title of the document, and the focus after a navigation: a page's heading. */
export function Heading({ title, children, before }: { title: string; children?: ComponentChildren; before?: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · ${config.title ?? t.title}`
  }, [title])
  useEffect(() => {
    if (arrival.peek() === 'new' && history.length > 1 && document.activeElement === document.body)
      document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true })
  }, [])
  return (
    <div class="heading">
      {before}
      <h1 tabIndex={-1}>{title}</h1>
      {children}
    </div>
  )
}
