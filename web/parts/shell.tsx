// What surrounds every page: navigation, the live control, theme, help, banners.
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { config, has, may } from '../config.ts'
import { relative } from '../format.ts'
import { failedAt, now, problem, refreshAll } from '../live.ts'
import { useResource } from '../resource.ts'
import { href, place } from '../router.ts'
import { cycleTheme, theme } from '../settings.ts'
import { t } from '../strings.en.ts'
import type { CronRow, Node, Queue } from '../types.ts'
import { Confirm } from './confirm.tsx'
import { Icon, type IconName } from './icons.tsx'
import { isHelpOpen, KeyHelp } from './keys.tsx'
import { LiveControl } from './live-control.tsx'
import { isPaletteOpen, Palette } from './palette.tsx'
import { Toasts } from './toast.tsx'
import { Tray } from './tray.tsx'

interface Item {
  path: string
  text: string
  badge?: number | undefined
  isBad?: boolean
}

const SLOW = 10_000
const THEME_ICONS: Record<string, IconName> = { system: 'system', light: 'sun', dark: 'moon' }

function useItems(): Item[] {
  const queues = useResource<{ queues: Queue[] }>('/queues', SLOW).data.value?.queues
  const nodes = useResource<{ nodes: Node[] }>('/nodes', SLOW).data.value?.nodes
  const crons = useResource<{ crons: CronRow[] }>('/crons', SLOW).data.value?.crons
  return [
    { path: '/', text: t.nav.dashboard },
    { path: '/jobs', text: t.nav.jobs },
    { path: '/jobs/failures', text: t.nav.failures },
    { path: '/queues', text: t.nav.queues, badge: queues?.filter(({ paused }) => paused).length },
    { path: '/crons', text: t.nav.crons, badge: crons?.filter(({ problem }) => problem !== null).length, isBad: true },
    { path: '/nodes', text: t.nav.nodes, badge: nodes?.filter(({ age_ms }) => age_ms > 20_000).length, isBad: true },
    // Shown by servers that have them.
    ...(has('workflows.list') ? [{ path: '/workflows', text: t.nav.workflows }] : []),
    ...(has('batches.list') ? [{ path: '/batches', text: t.nav.batches }] : []),
    ...(may('audit:view') ? [{ path: '/audit', text: t.nav.audit }] : []),
  ]
}

/** The item that stands for a path: the longest that begins it. */
function currentOf(items: Item[], path: string): string | undefined {
  const matching = items.filter((item) => path === item.path || (item.path !== '/' && path.startsWith(`${item.path}/`)))
  return matching.sort((a, b) => b.path.length - a.path.length)[0]?.path
}

export function Shell({ children }: { children: ComponentChildren }) {
  const items = useItems()
  const isOpen = useSignal(false)
  const { path } = place.value
  const current = currentOf(items, path)
  useEffect(() => {
    isOpen.value = false
  }, [path])
  return (
    <>
      <a class="skip" href="#main">
        {t.skip}
      </a>
      <header class="top">
        <button
          type="button"
          class="ghost nav-toggle"
          aria-label={t.menu}
          aria-expanded={isOpen}
          aria-controls="nav"
          onClick={() => (isOpen.value = !isOpen.value)}
        >
          <Icon name={isOpen.value ? 'close' : 'menu'} />
        </button>
        <a class="brand" href={href('/')}>
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="7" />
            <path d="M9 10h14M9 16h9M9 22h14" />
          </svg>
          <span>{config.title ?? t.title}</span>
        </a>
        {config.env && <span class="env">{config.env}</span>}
        <nav id="nav" class={isOpen.value ? 'open' : ''} aria-label={t.pages}>
          {items.map((item) => (
            <a key={item.path} href={href(item.path)} aria-current={current === item.path ? 'page' : undefined}>
              {item.text}
              {item.badge ? <span class={item.isBad ? 'badge bad' : 'badge'}>{item.badge}</span> : null}
            </a>
          ))}
          <a class="narrow-only" href={href('/help')} aria-current={path === '/help' ? 'page' : undefined}>
            {t.nav.help}
          </a>
        </nav>
        <div class="tools">
          <button type="button" class="jump" onClick={() => (isPaletteOpen.value = true)} title={t.paletteTitle}>
            <Icon name="search" />
            <span>{t.jump}</span>
            <kbd>{t.paletteKey}</kbd>
          </button>
          <LiveControl />
          <button type="button" class="ghost" onClick={cycleTheme} title={t.themeTitle(theme.value)} aria-label={t.themeTitle(theme.value)}>
            <Icon name={THEME_ICONS[theme.value] ?? 'system'} />
          </button>
          <button
            type="button"
            class="ghost wide-only"
            onClick={() => (isHelpOpen.value = true)}
            title={t.helpTitle}
            aria-label={t.helpTitle}
          >
            <Icon name="help" />
          </button>
          {config.user && (
            <span class="user" title={t.signedIn(config.user)}>
              {config.user}
            </span>
          )}
        </div>
      </header>
      <Banners />
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <Confirm />
      <KeyHelp />
      <Palette />
      <Tray />
      <Toasts />
    </>
  )
}

/** What is wrong with what is shown. */
function Banners() {
  const since = failedAt.value
  const isReadOnly = !config.permissions.some((each) => !['view', 'jobs:view_payload', 'audit:view'].includes(each))
  return (
    <div class="banners">
      {since && (
        <div class="banner bad" role="alert">
          <Icon name="warning" />
          <span>
            {problem.value?.status === 0 ? t.serverAway : t.databaseAway} {t.showingDataOf(relative(since.getTime() - now.value))}
          </span>
          <button type="button" onClick={() => void refreshAll()}>
            {t.tryNow}
          </button>
        </div>
      )}
      {isReadOnly && <div class="banner">{t.readOnly}</div>}
    </div>
  )
}
