// What can be done with a queue, on its page and in the list.
import { write } from '../api.ts'
import { may } from '../config.ts'
import { refreshAll } from '../live.ts'
import { t } from '../strings.en.ts'
import type { Queue } from '../types.ts'
import { confirm } from './confirm.tsx'
import { Icon } from './icons.tsx'
import { reason, toast } from './toast.tsx'

type Verb = 'pause' | 'resume' | 'stop' | 'purge' | 'scale' | 'reset'

export async function changeQueue(queue: string, verb: Verb, body: object = {}): Promise<boolean> {
  try {
    const answer = await write<{ purged?: number } | null>('POST', `/queues/${encodeURIComponent(queue)}/${verb}`, body)
    toast(verb === 'purge' ? t.purged(answer?.purged ?? 0, queue) : t.queueChanged(verb, queue))
    return true
  } catch (error) {
    toast(reason(error), { isError: true })
    return false
  } finally {
    void refreshAll()
  }
}

export async function pauseOrResume(queue: string, isPaused: boolean, node?: string): Promise<void> {
  const verb = isPaused ? 'resume' : 'pause'
  const isSure = isPaused || (await confirm({ title: t.confirmQueue(verb, queue), body: t.explainsQueue[verb], verb: t.queueVerbs[verb] }))
  if (isSure) await changeQueue(queue, verb, node === undefined ? {} : { node })
}

async function stop(queue: string): Promise<void> {
  if (await confirm({ title: t.confirmQueue('stop', queue), body: t.explainsQueue.stop, verb: t.queueVerbs.stop, isDangerous: true }))
    await changeQueue(queue, 'stop', { node: '*' })
}

async function purge(queue: string, waiting: number): Promise<void> {
  const isSure = await confirm({
    title: t.confirmQueue('purge', queue),
    body: t.explainsPurge(waiting),
    verb: t.queueVerbs.purge,
    isDangerous: true,
    typed: waiting > 1 ? String(waiting) : undefined,
  })
  if (isSure) await changeQueue(queue, 'purge')
}

/** How many of its nodes have it paused. */
export function pauseState({ nodes }: Pick<Queue, 'nodes'>): 'running' | 'partly' | 'paused' | 'unserved' {
  if (nodes.length === 0) return 'unserved'
  const paused = nodes.filter((node) => node.paused).length
  return paused === 0 ? 'running' : paused === nodes.length ? 'paused' : 'partly'
}

export function QueueActions({ queue }: { queue: Queue }) {
  const name = queue.queue
  const isPaused = pauseState(queue) === 'paused'
  const waiting = queue.counts.available + queue.counts.scheduled + queue.counts.retryable
  return (
    <div class="actions">
      {may('queues:pause') && queue.nodes.length > 0 && (
        <button type="button" class="primary" onClick={() => void pauseOrResume(name, isPaused)}>
          <Icon name={isPaused ? 'play' : 'pause'} />
          {isPaused ? t.queueVerbs.resume : t.queueVerbs.pause}
        </button>
      )}
      {may('queues:scale') && queue.nodes.length > 0 && (
        <button type="button" onClick={() => void changeQueue(name, 'reset')} title={t.resetTitle}>
          {t.queueVerbs.reset}
        </button>
      )}
      {may('queues:stop') && queue.nodes.length > 0 && (
        <button type="button" class="danger-quiet" onClick={() => void stop(name)}>
          <Icon name="stop" />
          {t.queueVerbs.stop}
        </button>
      )}
      {may('queues:purge') && waiting > 0 && (
        <button type="button" class="danger-quiet" onClick={() => void purge(name, waiting)}>
          <Icon name="trash" />
          {t.queueVerbs.purge}
        </button>
      )}
    </div>
  )
}

export function QueueState({ queue }: { queue: Pick<Queue, 'nodes' | 'counts'> }) {
  const state = pauseState(queue)
  const isWaiting = queue.counts.available > 0
  return (
    <span class={`status q-${state}${state === 'unserved' && isWaiting ? ' bad' : ''}`}>
      {state !== 'running' && <Icon name={state === 'unserved' ? 'error' : 'pause'} />}
      {t.queueStates[state]}
    </span>
  )
}
