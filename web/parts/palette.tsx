// The command palette: to a page, a queue, a cron entry, a node, or a job by its id.
import { signal, useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { can } from '../config.ts'
import { toggleLive } from '../live.ts'
import { resource } from '../resource.ts'
import { cronHref, href, jobHref, navigate, newJobHref, nodeHref, queueHref, searchHref } from '../router.ts'
import { cycleTheme } from '../settings.ts'
import { t } from '../strings.en.ts'
import type { CronRow, Node, Queue } from '../types.ts'
import { Icon } from './icons.tsx'

export const isPaletteOpen = signal(false)
const MOST = 12

interface Entry {
  kind: string
  text: string
  run: () => void
}

function entries(): Entry[] {
  const to = (kind: string, text: string, target: string): Entry => ({ kind, text, run: () => navigate(target) })
  const queues = resource<{ queues: Queue[] }>('/queues').data.peek()?.queues ?? []
  const crons = resource<{ crons: CronRow[] }>('/crons').data.peek()?.crons ?? []
  const nodes = resource<{ nodes: Node[] }>('/nodes').data.peek()?.nodes ?? []
  return [
    to(t.kinds.page, t.nav.dashboard, href('/')),
    to(t.kinds.page, t.nav.jobs, href('/jobs')),
    to(t.kinds.page, t.nav.failures, href('/jobs/failures')),
    to(t.kinds.page, t.nav.queues, href('/queues')),
    to(t.kinds.page, t.nav.crons, href('/crons')),
    to(t.kinds.page, t.nav.nodes, href('/nodes')),
    to(t.kinds.page, t.nav.help, href('/help')),
    ...queues.map(({ queue }) => to(t.kinds.queue, queue, queueHref(queue))),
    ...crons.map(({ name }) => to(t.kinds.cron, name, cronHref(name))),
    ...nodes.map(({ node }) => to(t.kinds.node, node, nodeHref(node))),
    ...(can('jobs.enqueue', 'jobs:enqueue') ? [to(t.kinds.action, t.newJob, newJobHref())] : []),
    { kind: t.kinds.action, text: t.switchTheme, run: cycleTheme },
    { kind: t.kinds.action, text: t.switchLive, run: toggleLive },
  ]
}

function matching(text: string): Entry[] {
  const wanted = text.trim().toLowerCase()
  const found = entries().filter((entry) => `${entry.kind} ${entry.text}`.toLowerCase().includes(wanted))
  const id = /^#?(\d+)$/.exec(wanted)?.[1]
  const job = id ? [{ kind: t.kinds.job, text: `#${id}`, run: () => navigate(jobHref(id)) }] : []
  const search = wanted && !id ? [{ kind: t.kinds.search, text: text.trim(), run: () => navigate(searchHref(text.trim())) }] : []
  return [...job, ...found.slice(0, MOST), ...search]
}

export function Palette() {
  const dialog = useRef<HTMLDialogElement>(null)
  const text = useSignal('')
  const at = useSignal(0)
  const isOpen = isPaletteOpen.value
  useEffect(() => {
    if (!isOpen) return dialog.current?.close()
    text.value = ''
    at.value = 0
    dialog.current?.showModal()
  }, [isOpen])
  const found = isOpen ? matching(text.value) : []
  const run = (entry: Entry | undefined) => {
    isPaletteOpen.value = false
    entry?.run()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (event.key === 'Enter') run(found[at.value])
    if (step !== 0) at.value = (at.value + step + found.length) % Math.max(1, found.length)
    if (step !== 0 || event.key === 'Enter') event.preventDefault()
  }
  return (
    <dialog
      ref={dialog}
      class="palette"
      aria-label={t.paletteTitle}
      onClose={() => (isPaletteOpen.value = false)}
      onClick={(event) => {
        if (event.target === dialog.current) isPaletteOpen.value = false
      }}
    >
      <div class="palette-box">
        <Icon name="search" />
        <input
          role="combobox"
          aria-label={t.paletteTitle}
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={found.length > 0 ? `palette-${at.value}` : undefined}
          placeholder={t.palettePlaceholder}
          value={text}
          onInput={(event) => {
            text.value = event.currentTarget.value
            at.value = 0
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id="palette-list" role="listbox" aria-label={t.paletteTitle}>
        {found.map((entry, n) => (
          <div
            key={`${entry.kind} ${entry.text}`}
            id={`palette-${n}`}
            role="option"
            tabIndex={-1}
            aria-selected={n === at.value}
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => run(entry)}
            onKeyDown={() => {}}
          >
            <span class="muted">{entry.kind}</span>
            <span>{entry.text}</span>
          </div>
        ))}
      </div>
    </dialog>
  )
}
