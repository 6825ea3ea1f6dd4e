// What can be done with a job: what its state and the user's permissions allow.
import { useSignal } from '@preact/signals'
import { write } from '../../api.ts'
import { act, type BulkAction } from '../../bulk.ts'
import { base, can, may } from '../../config.ts'
import { printExact } from '../../json.ts'
import { confirm } from '../../parts/confirm.tsx'
import { copy, Menu } from '../../parts/controls.tsx'
import { Icon } from '../../parts/icons.tsx'
import { useKeys } from '../../parts/keys.tsx'
import { reason, toast } from '../../parts/toast.tsx'
import { newJobHref } from '../../router.ts'
import { t } from '../../strings.en.ts'
import type { Action, Job } from '../../types.ts'
import { ACTIONS } from '../jobs/bulk-bar.tsx'
import { EditJob } from './edit.tsx'

const WAITING = ['suspended', 'scheduled', 'available', 'retryable']

/** By state, where the server does not say. */
export function allowed(job: Pick<Job, 'state' | 'can'>): Action[] {
  const { state } = job
  const byState: Action[] = [
    ...(state === 'available' || state === 'executing' ? [] : (['retry'] as const)),
    ...(WAITING.includes(state) || state === 'executing' ? (['cancel'] as const) : []),
    ...(state === 'executing' ? [] : (['delete'] as const)),
    ...(WAITING.includes(state) ? (['update'] as const) : []),
  ]
  return (job.can ?? byState).filter((action) => may(`jobs:${action}`))
}

async function profileNext(id: number) {
  try {
    const { attempt } = await write<{ attempt: number }>('POST', `/jobs/${id}/profile`)
    toast(t.profileMarked(attempt))
  } catch (error) {
    toast(reason(error), { isError: true })
  }
}

export function JobActions({ job }: { job: Job }) {
  const isEditing = useSignal(false)
  const actions = allowed(job)
  const run = async (action: BulkAction) => {
    const isSure =
      action === 'retry' ||
      (await confirm({ title: t.confirmOne(action, job.id), body: t.explains[action], verb: t.verbs[action], isDangerous: true }))
    if (isSure) await act(action, job.id)
  }
  const edit = () => {
    isEditing.value = true
  }
  const args = () => void copy(printExact(job.args))
  useKeys({
    ...(actions.includes('retry') && { R: () => void run('retry') }),
    ...(actions.includes('cancel') && { C: () => void run('cancel') }),
    ...(actions.includes('delete') && { D: () => void run('delete') }),
    ...(actions.includes('update') && { e: edit }),
    y: args,
    c: () => void copy(location.href),
  })
  const isDue = job.state === 'scheduled' || job.state === 'retryable' || job.state === 'suspended'
  return (
    <div class="actions">
      {ACTIONS.map(({ action, icon }) =>
        actions.includes(action) ? (
          <button
            key={action}
            type="button"
            class={action === 'retry' ? 'primary' : action === 'delete' ? 'danger-quiet' : ''}
            onClick={() => void run(action)}
          >
            <Icon name={icon} />
            {action === 'retry' && isDue ? t.runNow : t.verbs[action]}
          </button>
        ) : null,
      )}
      {actions.includes('update') && (
        <button type="button" onClick={edit}>
          <Icon name="edit" />
          {t.edit}
        </button>
      )}
      {can('jobs.enqueue', 'jobs:enqueue') && may('jobs:view_payload') && (
        <a class="button" href={newJobHref({ from: job.id })} title={t.cloneTitle}>
          <Icon name="copy" />
          {t.clone}
        </a>
      )}
      <Menu title={t.moreActions} label={<span class="dots">⋯</span>}>
        <button type="button" onClick={() => void copy(location.href)}>
          <Icon name="link" /> {t.copyLink} <kbd>c</kbd>
        </button>
        {may('jobs:view_payload') && (
          <button type="button" onClick={args}>
            <Icon name="copy" /> {t.copyArgs} <kbd>y</kbd>
          </button>
        )}
        <button type="button" onClick={() => void copy(printExact(job))}>
          <Icon name="copy" /> {t.copyJson}
        </button>
        <button type="button" onClick={() => void copy(`curl '${location.origin}${base}api/v1/jobs/${job.id}'`)}>
          <Icon name="copy" /> {t.copyCurl}
        </button>
        {can('jobs.profile', 'jobs:profile') && (
          <button type="button" onClick={() => void profileNext(job.id)}>
            <Icon name="clock" /> {t.profileNext}
          </button>
        )}
      </Menu>
      {isEditing.value && <EditJob job={job} canSeePayload={may('jobs:view_payload')} onClose={() => (isEditing.value = false)} />}
    </div>
  )
}
