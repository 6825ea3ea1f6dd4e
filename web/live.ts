// Live updates: what the pages show is asked for again, by an interval that the user chooses, while the tab is visible. Where the
// server has a stream of changes, one connection of the browser receives it for all tabs, and lists are asked for when it says so.
import { computed, effect, signal } from '@preact/signals'
import { ApiError } from './api.ts'
import { isStreaming, type Streamed, startStream, topicOf, want } from './stream/client.ts'

export const INTERVALS = [0, 1, 2, 5, 10, 30, 60] as const

const KEY = 'eram:refresh'
const stored = Number(localStorage.getItem(KEY) ?? 2)

/** Seconds between refreshes; 0: only on demand. */
export const interval = signal<number>(INTERVALS.includes(stored as 2) ? stored : 2)
export const hidden = signal(document.hidden)
/** When what is shown was read. */
export const dataAt = signal<Date | null>(null)
/** The first failure since the last success. */
export const failedAt = signal<Date | null>(null)
export const problem = signal<ApiError | null>(null)
/** Seconds of the interval that is in effect, if reading takes so long that it was raised. */
export const slowed = signal<number | null>(null)
/** Once a second: times that are shown depend on it. It makes no requests. */
export const now = signal(Date.now())

export type LiveStatus = 'live' | 'off' | 'hidden' | 'lost'
export const status = computed<LiveStatus>(() =>
  failedAt.value ? 'lost' : interval.value === 0 ? 'off' : hidden.value ? 'hidden' : 'live',
)

export interface Refreshable extends Streamed {
  refresh(): Promise<void>
}

const active = new Set<Refreshable>()
/** At most this share of the time is spent on reading. */
const DUTY = 20
const LONGEST = 60_000
const FIRST_RETRY = 1000
const LAST_RETRY = 30_000

let timer: number | undefined
let running: Promise<void> | null = null
let retry = FIRST_RETRY

export function activate(resource: Refreshable): () => void {
  active.add(resource)
  subscribe()
  return () => {
    active.delete(resource)
    subscribe()
  }
}

/** Asks the stream for what is shown, once the page is complete. */
let subscribing: number | undefined
function subscribe() {
  clearTimeout(subscribing)
  subscribing = window.setTimeout(() => {
    const isWanted = interval.peek() > 0 && !hidden.peek()
    want(isWanted ? [...active].map(({ path }) => path) : [], interval.peek())
  }, 20)
}

/** Reads all that is shown, now. */
export function refreshAll(): Promise<void> {
  for (const resource of active) resource.isDirty = true
  return refreshDirty()
}

/** Reads what may have changed: without a stream, that is everything. */
function refreshDirty(): Promise<void> {
  running ??= run().finally(() => {
    running = null
  })
  return running
}

async function run() {
  clearTimeout(timer)
  const began = performance.now()
  const due = [...active].filter(({ path, isDirty }) => isDirty || !isStreaming.peek() || topicOf(path) === null)
  await Promise.all(
    due.map((resource) => {
      resource.isDirty = false
      return resource.refresh()
    }),
  )
  plan(performance.now() - began)
}

function plan(took: number) {
  clearTimeout(timer)
  if (hidden.peek() || (interval.peek() === 0 && !failedAt.peek())) return
  if (failedAt.peek()) {
    timer = window.setTimeout(refreshDirty, retry * (0.75 + Math.random() / 2))
    retry = Math.min(LAST_RETRY, retry * 2)
    return
  }
  retry = FIRST_RETRY
  const chosen = interval.peek() * 1000
  const effective = Math.min(LONGEST, Math.max(chosen, took * DUTY))
  slowed.value = effective > chosen * 1.5 ? Math.round(effective / 1000) : null
  timer = window.setTimeout(refreshDirty, effective)
}

export function succeeded(): void {
  dataAt.value = new Date()
  failedAt.value = null
  problem.value = null
}

export function failed(error: unknown): void {
  if (!(error instanceof ApiError) || !error.isOutage) return
  failedAt.value ??= new Date()
  problem.value = error
}

export function startLive(): void {
  startStream({ resources: () => active, succeeded, failed, slowed: (seconds) => (slowed.value = seconds) })
  let seconds: number | undefined
  effect(() => {
    clearInterval(seconds)
    if (hidden.value) return
    now.value = Date.now()
    seconds = window.setInterval(() => {
      now.value = Date.now()
    }, 1000)
  })
  let wait: number | undefined
  document.addEventListener('visibilitychange', () => {
    clearTimeout(wait)
    if (!document.hidden) {
      const wasHidden = hidden.peek()
      hidden.value = false
      subscribe()
      if (wasHidden) void refreshAll()
      return
    }
    // Switching between tabs for a moment changes nothing.
    wait = window.setTimeout(() => {
      hidden.value = true
      subscribe()
      clearTimeout(timer)
    }, 5000)
  })
  addEventListener('online', () => void refreshAll())
  let isFirst = true
  effect(() => {
    localStorage.setItem(KEY, String(interval.value))
    if (!isFirst) plan(0)
    isFirst = false
    subscribe()
  })
  plan(0)
}

let lastInterval = interval.peek() || 2
export function toggleLive(): void {
  if (interval.peek() > 0) lastInterval = interval.peek()
  interval.value = interval.peek() > 0 ? 0 : lastInterval
}
