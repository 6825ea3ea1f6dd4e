// Changes a job that waits. What changes is shown before it is saved; a job that has started meanwhile is left as it is.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { write } from '../../api.ts'
import { reason, toast } from '../../parts/toast.tsx'
import { zone } from '../../settings.ts'
import { t } from '../../strings.en.ts'
import type { Job } from '../../types.ts'
import { Field, Input, jsonOf, type Name, PAYLOAD, problemOf, textsOf } from './fields.tsx'

export function EditJob({ job, canSeePayload, onClose }: { job: Job; canSeePayload: boolean; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  // As it was when it was opened: newer answers must not overwrite what is being written.
  const first = useRef(job)
  // Times too are in the zone of then.
  const inZone = useRef(zone.peek()).current
  const before = useRef(textsOf(job, inZone))
  const draft = useSignal(before.current)
  const problem = useSignal<string | null>(null)
  useEffect(() => dialog.current?.showModal(), [])

  const names = (Object.keys(draft.value) as Name[]).filter((name) => canSeePayload || !PAYLOAD.includes(name))
  const changed = names.filter((name) => draft.value[name] !== before.current[name])
  const invalid = changed.filter((name) => jsonOf(name, draft.value[name], inZone) === undefined)
  const save = async () => {
    // Built as text: numbers keep their digits.
    const changes = changed.map((name) => `${JSON.stringify(name)}:${jsonOf(name, draft.peek()[name], inZone)}`).join(',')
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
      <Field
        label={name === 'scheduled_at' ? t.inZoneOf(t.fields[name], inZone) : t.fields[name]}
        problem={invalid.includes(name) ? problemOf(name) : null}
      >
        {more.rows ? (
          <textarea rows={more.rows} class="mono" spellcheck={false} value={draft.value[name]} onInput={set} />
        ) : (
          <Input type={more.type} value={draft.value[name]} onInput={set} />
        )}
      </Field>
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
