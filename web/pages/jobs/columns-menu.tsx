// The columns of the list as a menu, with a field for a path. They are in the URL.
import { useSignal } from '@preact/signals'
import { may } from '../../config.ts'
import { Menu } from '../../parts/controls.tsx'
import { Icon } from '../../parts/icons.tsx'
import { useResource } from '../../resource.ts'
import { setQuery } from '../../router.ts'
import { t } from '../../strings.en.ts'
import type { Suggestions } from '../../types.ts'
import { COLUMNS, DEFAULT_COLUMNS, isPath, MOST, pathsOf } from './columns.ts'

export function ColumnsMenu({ columns }: { columns: string[] }) {
  const set = (next: string[]) => setQuery({ col: next.join() === DEFAULT_COLUMNS.join() ? null : next.join() }, { replace: true })
  const paths = pathsOf(columns)
  return (
    <Menu title={t.columnsTitle} icon="columns" label={<span class="wide-only">{t.columnsTitle}</span>}>
      {COLUMNS.map((column) => (
        <label key={column} class="check">
          <input
            type="checkbox"
            checked={columns.includes(column)}
            onChange={(event) =>
              set([...COLUMNS.filter((each) => (each === column ? event.currentTarget.checked : columns.includes(each))), ...paths])
            }
          />
          {t.columns[column]}
        </label>
      ))}
      {paths.map((path) => (
        <label key={path} class="check">
          <input type="checkbox" checked onChange={() => set(columns.filter((each) => each !== path))} />
          <bdi class="mono">{path}</bdi>
        </label>
      ))}
      {may('jobs:view_payload') && (
        <Add isFull={paths.length >= MOST} onAdd={(path) => !columns.includes(path) && set([...columns, path])} />
      )}
    </Menu>
  )
}

function Add({ isFull, onAdd }: { isFull: boolean; onAdd: (path: string) => void }) {
  const text = useSignal('')
  const isAsked = useSignal(false)
  const root = text.value.startsWith('meta') ? 'meta.' : 'args.'
  const items = useResource<Suggestions>(isAsked.value ? `/jobs/suggest?text=${root}` : null, 30_000).data.value?.items ?? []
  const path = text.value.trim()
  const isWrong = path !== '' && !isPath(path)
  return (
    <form
      class="menu-row add-column"
      onSubmit={(event) => {
        event.preventDefault()
        if (!isPath(path) || isFull) return
        onAdd(path)
        text.value = ''
      }}
    >
      <input
        aria-label={t.columnPath}
        aria-invalid={isWrong}
        placeholder="args.user_id"
        list="column-paths"
        value={text}
        disabled={isFull}
        onFocus={() => (isAsked.value = true)}
        onInput={(event) => (text.value = event.currentTarget.value)}
      />
      <datalist id="column-paths">
        {items.map(({ value }) => (
          <option key={value} value={value.replace(/[:.]$/, '')} />
        ))}
      </datalist>
      <button type="submit" aria-label={t.addColumn} title={t.addColumn} disabled={path === '' || isWrong || isFull}>
        <Icon name="plus" />
      </button>
    </form>
  )
}
