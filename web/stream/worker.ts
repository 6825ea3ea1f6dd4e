// One stream of changes for all tabs of the browser: browsers allow a server six connections only. It is open while a tab that is
// visible wants something.

export interface Subscription {
  /** Of the HTTP API, without a slash at the end. */
  api: string
  topics: string[]
  /** Milliseconds. */
  refresh: number
}

export type Message = { event: string; data: unknown }

const EVENTS = ['hello', 'snap', 'rev', 'slow', 'away', 'back', 'bye']
/** Topics of single jobs that a stream takes. */
const MOST_JOBS = 20
const WAIT = 50

const scope = self as unknown as { onconnect: ((event: MessageEvent) => void) | null }
const ports = new Map<MessagePort, Subscription | null>()
let source: EventSource | null = null
let opened = ''
let timer: ReturnType<typeof setTimeout> | undefined
/** What was sent last, for tabs that come later. */
const last = new Map<string, Message>()

function publish(message: Message) {
  for (const [port, wanted] of ports) if (wanted) port.postMessage(message)
}

function urlOf(): string {
  const all = [...ports.values()].filter((wanted) => wanted !== null)
  const [first] = all
  if (!first) return ''
  const topics = [...new Set(all.flatMap((wanted) => wanted.topics))].sort()
  const jobs = topics.filter((topic) => topic.startsWith('job:')).slice(-MOST_JOBS)
  const kept = topics.filter((topic) => !topic.startsWith('job:') || jobs.includes(topic))
  const refresh = Math.min(...all.map((wanted) => wanted.refresh))
  return `${first.api}/events?topics=${encodeURIComponent(kept.join(','))}&refresh=${refresh}`
}

function connect() {
  const url = urlOf()
  if (url === opened) return
  source?.close()
  source = null
  opened = url
  last.clear()
  if (url === '') return
  const own = new EventSource(url)
  source = own
  for (const name of EVENTS) {
    own.addEventListener(name, (event) => {
      const data = JSON.parse((event as MessageEvent<string>).data)
      const message = { event: name, data }
      last.set(name === 'snap' ? `snap ${data.topic}` : name, message)
      publish(message)
    })
  }
  own.onerror = () => {
    // Closed for good: refused, or not there. Tabs poll, and it is tried again when one of them wants something else.
    if (own.readyState === EventSource.CLOSED && source === own) opened = ''
    publish({ event: 'lost', data: null })
  }
}

scope.onconnect = ({ ports: [port] }) => {
  if (!port) return
  ports.set(port, null)
  port.onmessage = ({ data }: MessageEvent<Subscription | 'gone'>) => {
    if (data === 'gone') ports.delete(port)
    else {
      const isNew = ports.get(port) === null
      ports.set(port, data.topics.length > 0 ? data : null)
      if (isNew && source?.readyState === EventSource.OPEN) for (const message of last.values()) port.postMessage(message)
    }
    clearTimeout(timer)
    timer = setTimeout(connect, WAIT)
  }
}
