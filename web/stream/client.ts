// What a tab makes of the stream: answers that arrive by themselves, and lists that are worth asking for again. Without a stream, and
// while it is lost, everything is asked for again at each interval.
import { signal } from '@preact/signals'
import { ApiError } from '../api.ts'
import { base, config } from '../config.ts'
import type { Message, Subscription } from './worker.ts'
import workerUrl from './worker.ts?sharedworker&url'

/** Whether changes arrive. */
export const isStreaming = signal(false)

export interface Streamed {
  path: string
  isDirty: boolean
  /** An answer that arrived by itself. */
  receive(data: unknown): void
}

/** What the stream says of an answer; null: nothing, so it is asked for at each interval. */
export function topicOf(path: string): string | null {
  const [place = ''] = path.split('?')
  const job = /^\/jobs\/(\d+)$/.exec(place)?.[1]
  if (job) return `job:${job}`
  if (place === '/queues' || place === '/nodes' || place === '/attention' || place === '/counts') return place.slice(1)
  if (place === '/jobs/search' || place === '/jobs/failures') return 'jobs'
  if (place.startsWith('/crons') && place !== '/crons/next') return 'crons'
  return place === '/history' ? 'metrics' : null
}

/** The answer to a path from the data of its topic; undefined: it has to be asked for. */
function answerOf(path: string, data: unknown): unknown {
  if (path === '/queues') return { queues: data }
  if (path === '/nodes') return { nodes: data }
  return path === '/attention' || path === '/counts' ? data : undefined
}

interface Handlers {
  resources: () => Iterable<Streamed>
  succeeded: () => void
  failed: (error: unknown) => void
  slowed: (seconds: number | null) => void
}

let port: MessagePort | undefined
let sent = ''

export function startStream({ resources, succeeded, failed, slowed }: Handlers): void {
  if (!config.refresh || typeof SharedWorker === 'undefined') return
  try {
    const url = new URL(workerUrl, location.href).href
    const policy = (
      globalThis as { trustedTypes?: { createPolicy(name: string, rules: object): { createScriptURL(url: string): string } } }
    ).trustedTypes?.createPolicy('eram', {
      createScriptURL: (given: string) => given,
    })
    port = new SharedWorker(policy ? policy.createScriptURL(url) : url, { name: `eram ${base}` }).port
  } catch {
    return
  }
  const dirty = (topic: string) => {
    for (const each of resources()) if (topicOf(each.path) === topic) each.isDirty = true
  }
  port.onmessage = ({ data: { event, data } }: MessageEvent<Message>) => {
    const given = data as {
      topic?: string
      data?: unknown
      jobs?: number
      crons?: number
      chosen?: number
      effective?: number
      code?: string
      message?: string
    }
    isStreaming.value = event !== 'lost' && event !== 'bye' && (isStreaming.peek() || event === 'hello')
    if (event === 'lost' || event === 'bye') for (const each of resources()) each.isDirty = true
    if (event === 'away') failed(new ApiError(503, given.code ?? '', given.message ?? ''))
    else if (event !== 'lost' && event !== 'bye') succeeded()
    if (event === 'slow') slowed(given.effective === given.chosen ? null : Math.round((given.effective ?? 0) / 1000))
    if (event === 'rev') for (const topic of ['jobs', 'crons'] as const) if (given[topic] !== undefined) dirty(topic)
    if (event === 'back') for (const each of resources()) each.isDirty = true
    if (event !== 'snap' || given.topic === undefined) return
    for (const each of resources()) {
      if (topicOf(each.path) !== given.topic) continue
      const answer = answerOf(each.path, given.data)
      if (answer === undefined) each.isDirty = true
      else each.receive(answer)
    }
  }
  addEventListener('pagehide', () => port?.postMessage('gone'))
}

/** What this tab wants from now on; nothing while it is hidden, or live updates are off. */
export function want(paths: string[], seconds: number): void {
  if (!port) return
  const topics = [...new Set(paths.map(topicOf).filter((topic) => topic !== null))].sort()
  const wanted: Subscription = {
    api: `${location.origin}${base}api/v1`,
    topics,
    refresh: Math.max(config.refresh?.min ?? 1000, seconds * 1000),
  }
  const text = JSON.stringify(wanted)
  if (text === sent) return
  sent = text
  port.postMessage(wanted)
}
