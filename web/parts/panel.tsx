// A part of a page with a heading. An error inside leaves the rest of the page as it is.
import { Component, type ComponentChildren } from 'preact'
import { t } from '../strings.en.ts'
import { Icon, type IconName } from './icons.tsx'

interface PanelProps {
  title: ComponentChildren
  children: ComponentChildren
  actions?: ComponentChildren
  class?: string
  id?: string
}

export function Panel({ title, children, actions, class: own = '', id }: PanelProps) {
  return (
    <section class={`panel ${own}`} id={id}>
      <header>
        <h2>{title}</h2>
        {actions && <div class="actions">{actions}</div>}
      </header>
      <Guard>{children}</Guard>
    </section>
  )
}

/** Catches errors of what it shows. */
export class Guard extends Component<{ children: ComponentChildren }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null }

  override componentDidCatch(error: Error) {
    this.setState({ error })
  }

  render() {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <div class="empty">
        <p>{t.panelFailed}</p>
        <p class="mono muted">{error.message}</p>
        <button type="button" onClick={() => this.setState({ error: null })}>
          {t.reloadPanel}
        </button>
      </div>
    )
  }
}

export function Empty({ icon, title, children }: { icon?: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      {icon && <Icon name={icon} />}
      <p class="empty-title">{title}</p>
      {children}
    </div>
  )
}

/** Rows of the height that rows have, until there are some. */
export function Skeleton({ rows = 8 }: { rows?: number }) {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: rows }, (_, n) => (
        <i key={n} />
      ))}
    </div>
  )
}
