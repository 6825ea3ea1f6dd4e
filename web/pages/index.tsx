// The page of each path. Those that most visits do not need are chunks of their own.
import type { ComponentChildren, ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Empty, Guard, Skeleton } from '../parts/panel.tsx'
import { Shell } from '../parts/shell.tsx'
import { place } from '../router.ts'
import { t } from '../strings.en.ts'
import { JobsPage } from './jobs.tsx'

type Loaded = ComponentType<{ name: string }>

const lazy: Record<string, () => Promise<Loaded>> = {
  dashboard: () => import('./dashboard.tsx').then((page) => page.DashboardPage),
  job: () => import('./job.tsx').then((page) => page.JobPage),
  'new-job': () => import('./new-job.tsx').then((page) => page.NewJobPage),
  profile: () => import('./profile.tsx').then((page) => page.ProfilePage),
  failures: () => import('./failures.tsx').then((page) => page.FailuresPage),
  queues: () => import('./queues.tsx').then((page) => page.QueuesPage),
  queue: () => import('./queue.tsx').then((page) => page.QueuePage),
  crons: () => import('./crons.tsx').then((page) => page.CronsPage),
  cron: () => import('./cron.tsx').then((page) => page.CronPage),
  nodes: () => import('./nodes.tsx').then((page) => page.NodesPage),
  node: () => import('./node.tsx').then((page) => page.NodePage),
  audit: () => import('./audit.tsx').then((page) => page.AuditPage),
  help: () => import('./help.tsx').then((page) => page.HelpPage),
}

/** The page of a path, and the name or id in it. */
export function pageOf(path: string): [page: string, name: string] {
  const [first = '', second, third, fourth] = path.slice(1).split('/')
  if (first === '') return ['dashboard', '']
  if (first === 'jobs' && third === 'profile') return ['profile', `${second}/${fourth}`]
  if (first === 'jobs' && second === 'new') return ['new-job', '']
  if (first === 'jobs') return second === undefined ? ['jobs', ''] : second === 'failures' ? ['failures', ''] : ['job', second]
  if (['queues', 'crons', 'nodes'].includes(first))
    return second === undefined ? [first, ''] : [first.slice(0, -1), decodeURIComponent(second)]
  return [first, '']
}

export function Pages() {
  const [page, name] = pageOf(place.value.path)
  return (
    <Shell>
      <Guard key={page}>{page === 'jobs' ? <JobsPage /> : <Lazy key={page} page={page} name={name} />}</Guard>
    </Shell>
  )
}

const loaded = new Map<string, Loaded>()

function Lazy({ page, name }: { page: string; name: string }): ComponentChildren {
  const [, setReady] = useState(0)
  const Page = loaded.get(page)
  useEffect(() => {
    const load = lazy[page]
    if (Page || !load) return
    let isOver = false
    load().then(
      (own) => {
        loaded.set(page, own)
        if (!isOver) setReady((times) => times + 1)
      },
      () => reloadOnce(),
    )
    return () => {
      isOver = true
    }
  }, [page])
  if (!lazy[page]) return <Empty icon="help" title={t.noSuchPage} />
  return Page ? <Page key={name} name={name} /> : <Skeleton rows={12} />
}

/** A chunk that is gone: the server has a newer build. */
function reloadOnce() {
  const key = 'eram:reloaded'
  const last = Number(sessionStorage.getItem(key) ?? 0)
  if (Date.now() - last < 60_000) return
  sessionStorage.setItem(key, String(Date.now()))
  location.reload()
}
