// Enqueues a job of a class by its name, empty or as a copy of another. The URL fills in fields: ?worker=…&queue=…&args=…&from=42.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { read, write } from '../api.ts'
import { can } from '../config.ts'
import { inputTime } from '../format.ts'
import { parseExact, printExact } from '../json.ts'
import { refreshAll } from '../live.ts'
import { Select } from '../parts/controls.tsx'
import { Heading } from '../parts/heading.tsx'
import { Icon } from '../parts/icons.tsx'
import { Empty, Panel } from '../parts/panel.tsx'
import { reason, toast } from '../parts/toast.tsx'
import { useResource } from '../resource.ts'
import { href, jobHref, navigate, place } from '../router.ts'
import { quoted } from '../search/terms.ts'
import { zone } from '../settings.ts'
import { t } from '../strings.en.ts'
import type { Job, Queue, Search, Suggestions } from '../types.ts'
import { Field, Input } from './job/fields.tsx'
import { bodyOf, copyOf, EMPTY, type Field as FieldName, type NewJob, problems, WHENS } from './new-job/draft.ts'

const SLOW = 30_000

export function NewJobPage() {
  const { query } = place.peek()
  const from = query.get('from')
  const source = useResource<Job>(from === null ? null : `/jobs/${encodeURIComponent(from)}`, Number.POSITIVE_INFINITY)
  const job = source.data.value
  const error = source.error.value
  const isAllowed = can('jobs.enqueue', 'jobs:enqueue')
  return (
    <div class="page">
      <a class="back" href={from === null ? href('/jobs') : jobHref(from)}>
        <Icon name="left" /> {from === null ? t.nav.jobs : t.jobOf(job?.worker, from)}
      </a>
      <Heading title={from === null ? t.newJob : t.cloneOf(from)} />
      {error && <div class="banner bad">{error.status === 404 ? t.noSuchJob(from ?? '') : error.message}</div>}
      {!isAllowed && <Empty icon="warning" title={t.lacksPermission('jobs:enqueue')} />}
      {isAllowed && (from === null || job) && <Form first={{ ...(job ? copyOf(job) : EMPTY), ...given(query) }} />}
    </div>
  )
}

/** What the URL fills in. */
function given(query: URLSearchParams): Partial<NewJob> {
  const names = ['worker', 'queue', 'args', 'priority', 'max_attempts', 'tags', 'meta'] as const
  return Object.fromEntries(names.flatMap((name) => (query.has(name) ? [[name, query.get(name) ?? '']] : [])))
}

function Form({ first }: { first: NewJob }) {
  const draft = useSignal(first)
  const isTouched = useSignal(false)
  const isSending = useSignal(false)
  const problem = useSignal<string | null>(null)
  const conflict = useSignal<number | null>(null)
  const isOwnQueue = useRef(first.queue !== EMPTY.queue)
  const inZone = zone.value
  const found = problems(draft.value, inZone)
  const set = (changes: Partial<NewJob>) => {
    draft.value = { ...draft.peek(), ...changes }
    conflict.value = null
  }
  const text = (name: FieldName) => (event: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) => {
    if (name === 'queue') isOwnQueue.current = true
    set({ [name]: event.currentTarget.value })
  }
  /** What is missing is said once the form was to be sent. */
  const problemOf = (name: FieldName) => {
    const kind = found[name]
    return kind === undefined || (kind === 'missing' && !isTouched.value) ? null : t.invalidField[kind]
  }
  const send = async () => {
    isTouched.value = true
    if (Object.keys(found).length > 0 || isSending.peek()) return
    isSending.value = true
    problem.value = null
    try {
      const { id, conflict: isConflict } = await write<{ id: number; conflict: boolean }>('POST', '/jobs', bodyOf(draft.peek(), inZone))
      if (isConflict) {
        conflict.value = id
        return
      }
      toast(t.enqueued(id))
      void refreshAll()
      navigate(jobHref(id))
    } catch (error) {
      problem.value = reason(error)
    } finally {
      isSending.value = false
    }
  }
  const { when } = draft.value
  return (
    <Panel title={t.whatToRun}>
      <form
        class="stack pad new-job"
        onSubmit={(event) => {
          event.preventDefault()
          void send()
        }}
      >
        <div class="fields">
          <Worker
            value={draft.value.worker}
            problem={problemOf('worker')}
            onInput={(worker) => set({ worker })}
            onQueue={(queue) => !isOwnQueue.current && set({ queue })}
          />
          <QueueField value={draft.value.queue} problem={problemOf('queue')} onInput={text('queue')} />
        </div>
        <Field label={t.fields.args} problem={problemOf('args')}>
          <textarea rows={10} class="mono" spellcheck={false} value={draft.value.args} onInput={text('args')} />
        </Field>
        <p>
          <button type="button" disabled={found.args === 'json'} onClick={() => set({ args: printExact(parseExact(draft.peek().args)) })}>
            {t.formatJson}
          </button>
        </p>
        <div class="fields">
          <div class="field">
            <span>{t.whenDue}</span>
            <Select
              label={t.whenDue}
              value={when}
              options={WHENS.map((each) => [each, t.whens[each]])}
              onChange={(next) => {
                const at = draft.peek().scheduled_at || inputTime(Date.now() + 3_600_000, inZone)
                set({ when: next as NewJob['when'], scheduled_at: at })
              }}
            />
          </div>
          {when === 'in' && (
            <Field label={t.dueIn} problem={problemOf('schedule_in')}>
              <Input value={draft.value.schedule_in} onInput={text('schedule_in')} />
            </Field>
          )}
          {when === 'at' && (
            <Field label={t.inZoneOf(t.fields.scheduled_at, inZone)} problem={problemOf('scheduled_at')}>
              <Input type="datetime-local" value={draft.value.scheduled_at} onInput={text('scheduled_at')} />
            </Field>
          )}
          <Field label={t.fields.priority} problem={problemOf('priority')}>
            <Input type="number" value={draft.value.priority} onInput={text('priority')} />
          </Field>
          <Field label={t.fields.max_attempts} problem={problemOf('max_attempts')}>
            <Input type="number" value={draft.value.max_attempts} onInput={text('max_attempts')} />
          </Field>
          <Field label={t.tagsByComma} problem={problemOf('tags')}>
            <Input value={draft.value.tags} onInput={text('tags')} />
          </Field>
          <Field label={t.timeoutOf} problem={problemOf('timeout')}>
            <Input value={draft.value.timeout} onInput={text('timeout')} />
          </Field>
        </div>
        <label class="check">
          <input type="checkbox" checked={draft.value.unique} onChange={(event) => set({ unique: event.currentTarget.checked })} />
          {t.uniqueJob}
        </label>
        <Field label={t.fields.meta} problem={problemOf('meta')}>
          <textarea rows={3} class="mono" spellcheck={false} value={draft.value.meta} onInput={text('meta')} />
        </Field>
        {problem.value && (
          <p class="search-error" role="alert">
            {problem}
          </p>
        )}
        {conflict.value !== null && (
          <p class="search-error" role="alert">
            {t.sameJob} <a href={jobHref(conflict.value)}>{`#${conflict.value}`}</a>
          </p>
        )}
        <p class="actions">
          <button type="submit" class="primary" disabled={isSending.value}>
            <Icon name="plus" />
            {t.enqueue}
          </button>
        </p>
      </form>
    </Panel>
  )
}

interface WorkerProps {
  value: string
  problem: string | null
  onInput: (worker: string) => void
  /** The queue of its newest job. */
  onQueue: (queue: string) => void
}

/** The name of the class, from those of recent jobs. Another one is taken too: its job waits for a node that has the class. */
function Worker({ value, problem, onInput, onQueue }: WorkerProps) {
  const isUnknown = useSignal(false)
  const items = useResource<Suggestions>('/jobs/suggest?text=worker%3A', SLOW).data.value?.items ?? []
  const names = items.map((item) => nameOf(item.value)).filter((name) => name !== '')
  useEffect(() => {
    isUnknown.value = false
    const worker = value.trim()
    if (worker === '') return
    const abort = new AbortController()
    const timer = setTimeout(async () => {
      try {
        const path = `/jobs/search?text=${encodeURIComponent(`worker:${quoted(worker)}`)}&limit=1`
        const { data } = await read<Search>(path, null, abort.signal)
        const [newest] = data?.jobs ?? []
        isUnknown.value = newest === undefined && data?.next === null
        if (newest) onQueue(newest.queue)
      } catch {
        // It is a help, and no more.
      }
    }, 250)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [value])
  return (
    <Field label={t.columns.job} problem={problem} after={isUnknown.value && <span class="warn-text">{t.unknownWorker}</span>}>
      <Input value={value} list="workers" onInput={(event) => onInput(event.currentTarget.value)} />
      <datalist id="workers">
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </Field>
  )
}

/** Of the value of a suggestion: worker:"a b" */
function nameOf(value: string): string {
  const text = value.replace(/^worker:/, '')
  try {
    return text.startsWith('"') ? String(JSON.parse(text)) : text
  } catch {
    return ''
  }
}

function QueueField({
  value,
  problem,
  onInput,
}: {
  value: string
  problem: string | null
  onInput: (event: { currentTarget: HTMLInputElement }) => void
}) {
  const queues = useResource<{ queues: Queue[] }>('/queues', SLOW).data.value?.queues ?? []
  return (
    <Field label={t.fields.queue} problem={problem}>
      <Input value={value} list="queues" onInput={onInput} />
      <datalist id="queues">
        {queues.map(({ queue }) => (
          <option key={queue} value={queue} />
        ))}
      </datalist>
    </Field>
  )
}
