// Changes a job that waits. What changes is shown before it is saved; a job that has started meanwhile is left as it is.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { write } from '../../api.ts'
import { parseExact, printExact } from '../../json.ts'
import { reason, toast } from '../../parts/toast.tsx'
import { t } from '../../strings.en.ts'
import type { Job } from '../../types.ts'

interface Draft {
  queue: string
  priority: string
  max_attempts: string
  tags: string
  scheduled_at: string
  args: string
  meta: string
}

type Name = keyof Draft
const PAYLOAD: Name[] = ['args', 'meta']

/** For an input of date and time: local, without a zone. */
function localTime(time: string): string {
  const at = new Date(time)
  return Number.isNaN(at.getTime()) ? '' : new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}

function draftOf(job: Job): Draft {
  return {
    queue: job.queue,
    priority: String(job.priority),
    max_attempts: String(job.max_attempts),
    tags: job.tags.join(', '),
    scheduled_at: localTime(job.scheduled_at),
    args: printExact(job.args),
    meta: printExact(job.meta),
  }
}

/** A member as JSON; undefined: it cannot be read. */
export function jsonOf(name: Name, text: string): string | undefined {
  try {
    if (PAYLOAD.includes(name)) {
      const value = parseExact(text)
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? printExact(value, 0) : undefined
    }
    if (name === 'priority' || name === 'max_attempts') return /^\d+$/.test(text.trim()) ? text.trim() : undefined
    if (name === 'tags')
      return JSON.stringify(
        text
          .split(',')
          .map((tag) => tag.trim())
          .filter(Boolean),
      )
    if (name === 'scheduled_at') return JSON.stringify(new Date(text).toISOString())
    return text.trim() === '' ? undefined : JSON.stringify(text.trim())
  } catch {
    return undefined
  }
}

export function EditJob({ job, canSeePayload, onClose }: { job: Job; canSeePayload: boolean; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  // As it was when it was opened: newer answers must not overwrite what is being written.
  const first = useRef(job)
  const before = useRef(draftOf(job))
  const draft = useSignal(before.current)
  const problem = useSignal<string | null>(null)
  useEffect(() => dialog.current?.showModal(), [])

  const names = (Object.keys(draft.value) as Name[]).filter((name) => canSeePayload || !PAYLOAD.includes(name))
  const changed = names.filter((name) => draft.value[name] !== before.current[name])
  const invalid = changed.filter((name) => jsonOf(name, draft.value[name]) === undefined)
  const save = async () => {
    // Built as text: numbers keep their digits.
    const changes = changed.map((name) => `${JSON.stringify(name)}:${jsonOf(name, draft.peek()[name])}`).join(',')
    const { id, revision } = first.current
    try {
      const body = `{"which":${id},"changes":{${changes}}${revision === undefined ? '' : `,"revision":${JSON.stringify(revision)}`}}`
      const { jobs } = await write<{ jobs: { refused?: { message: string } }[] }>('POST', '/jobs/update', body)
      if (jobs[0]?.refused) problem.value = jobs[0].refused.message
      else if (jobs.length === 0) problem.value = t.notWaiting
      else {
        toast(t.saved_)
        onClose()
      }
    } catch (error) {
      problem.value = reason(error)
    }
  }
  const input = (name: Name, more: { type?: 'number' | 'datetime-local'; rows?: number } = {}) => {
    const set = (event: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) => {
      draft.value = { ...draft.peek(), [name]: event.currentTarget.value }
    }
    return (
      <label class={invalid.includes(name) ? 'field bad' : 'field'}>
        <span>{t.fields[name]}</span>
        {more.rows ? (
          <textarea rows={more.rows} class="mono" spellcheck={false} value={draft.value[name]} onInput={set} />
        ) : (
          <Input type={more.type} value={draft.value[name]} onInput={set} />
        )}
        {invalid.includes(name) && <span class="error-text">{t.invalidField[PAYLOAD.includes(name) ? 'json' : 'value']}</span>}
      </label>
    )
  }
  return (
    <dialog ref={dialog} class="dialog wide" aria-labelledby="edit-title" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void save()
        }}
      >
        <h2 id="edit-title">{t.editJob(job.id)}</h2>
        <div class="fields">
          {input('queue')}
          {input('priority', { type: 'number' })}
          {input('max_attempts', { type: 'number' })}
          {input('scheduled_at', { type: 'datetime-local' })}
          {input('tags')}
        </div>
        {canSeePayload && input('args', { rows: 8 })}
        {canSeePayload && input('meta', { rows: 3 })}
        {changed.length > 0 && (
          <dl class="diff" aria-label={t.changes}>
            {changed.map((name) => (
              <div key={name}>
                <dt>{t.fields[name]}</dt>
                <dd>
                  <del>{before.current[name]}</del> <ins>{draft.value[name]}</ins>
                </dd>
              </div>
            ))}
          </dl>
        )}
        {problem.value && (
          <p class="search-error" role="alert">
            {problem}
          </p>
        )}
        <footer>
          <button type="button" onClick={onClose}>
            {t.discardChanges}
          </button>
          <button type="submit" class="primary" disabled={changed.length === 0 || invalid.length > 0}>
            {t.save}
          </button>
        </footer>
      </form>
    </dialog>
  )
}

interface InputProps {
  type: 'number' | 'datetime-local' | undefined
  value: string
  onInput: (event: { currentTarget: HTMLInputElement }) => void
}

function Input({ type, value, onInput }: InputProps) {
  if (type === 'number') return <input type="number" min={0} value={value} onInput={onInput} />
  if (type === 'datetime-local') return <input type="datetime-local" step={1} value={value} onInput={onInput} />
  return <input value={value} onInput={onInput} />
}
