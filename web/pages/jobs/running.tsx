// The jobs that run on a node or in a queue.
import { useSignal } from '@preact/signals'
import { Panel } from '../../parts/panel.tsx'
import { searchHref } from '../../router.ts'
import { t } from '../../strings.en.ts'
import type { Search } from '../../types.ts'
import type { Column } from './columns.ts'
import { JobRows } from './rows.tsx'

interface Props {
  jobs: Search['jobs'] | undefined
  /** Finds more of them. */
  search: string
  columns: Column[]
}

export function RunningJobs({ jobs, search, columns }: Props) {
  const none = useSignal<ReadonlySet<number>>(new Set())
  return (
    <Panel title={t.runningJobs} actions={<a href={searchHref(search)}>{t.showAllJobs}</a>}>
      {jobs && jobs.length > 0 ? (
        <JobRows
          rows={jobs.map((job) => ({ job, isGone: false }))}
          columns={columns}
          selected={none}
          canSelect={false}
          onSelect={() => {}}
        />
      ) : (
        <p class="muted pad">{t.nothingRuns}</p>
      )}
    </Panel>
  )
}
