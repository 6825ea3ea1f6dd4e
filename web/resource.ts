// What a page reads: the newest answer, kept while it is shown and for a while after, so that Back shows it at once.
import { type Signal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { ApiError, read } from './api.ts'
import { activate, failed, type Refreshable, succeeded } from './live.ts'

/** Answers that are kept after their page. */
const KEPT = 60

export class Resource<T> implements Refreshable {
  readonly data: Signal<T | undefined> = signal(undefined)
  readonly error: Signal<ApiError | null> = signal(null)
  /** Whether the server has no such thing: it is not asked again. */
  readonly isAbsent = signal(false)
  isDirty = false
  #etag: string | null = null
  #running: Promise<void> | null = null
  #abort: AbortController | null = null
  users = 0

  constructor(
    readonly path: string,
    readonly every: number,
  ) {}

  #lastAt = Number.NEGATIVE_INFINITY

  /** As often as `every` allows. */
  refresh(): Promise<void> {
    if (this.isAbsent.peek() || performance.now() - this.#lastAt < this.every - 200) return Promise.resolve()
    return this.load()
  }

  load(): Promise<void> {
    this.#running ??= this.#load().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  async #load() {
    this.#abort = new AbortController()
    try {
      const { data, etag } = await read<T>(this.path, this.data.peek() === undefined ? null : this.#etag, this.#abort.signal)
      this.#lastAt = performance.now()
      this.#etag = etag
      if (data !== undefined) this.data.value = data
      this.error.value = null
      succeeded()
    } catch (error) {
      if (!(error instanceof ApiError)) return
      failed(error)
      if (error.code === 'NOT_FOUND' || error.code === 'METHOD_NOT_ALLOWED') this.isAbsent.value = this.data.peek() === undefined
      // Without the server, what is shown stays, and a banner says how old it is.
      if (!error.isOutage || this.data.peek() === undefined) this.error.value = error
    }
  }

  receive(data: unknown): void {
    this.#etag = null
    this.error.value = null
    this.data.value = data as T
  }

  abort(): void {
    this.#abort?.abort()
  }
}

const kept = new Map<string, Resource<any>>()

export function resource<T>(path: string, every = 0): Resource<T> {
  const found = kept.get(path) ?? new Resource<T>(path, every)
  kept.delete(path)
  kept.set(path, found)
  for (const [old, { users }] of kept) {
    if (kept.size <= KEPT) break
    if (users === 0) kept.delete(old)
  }
  return found
}

/** A resource while the component is shown; null reads nothing. `every`: milliseconds, for what changes slowly. */
export function useResource<T>(path: string | null, every = 0): Resource<T> {
  const own = useMemo(() => (path === null ? new Resource<T>('', 0) : resource<T>(path, every)), [path])
  useEffect(() => {
    if (path === null) return
    own.users += 1
    const stop = activate(own)
    void own.load()
    return () => {
      own.users -= 1
      stop()
      if (own.users === 0) own.abort()
    }
  }, [own])
  return own
}
