// JSON as a tree. Numbers are shown as they were written; text from data is only ever text.
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { Exact, printExact } from '../json.ts'
import { searchHref } from '../router.ts'
import { quoted } from '../search/terms.ts'
import { t } from '../strings.en.ts'
import { Choice, CopyButton, copy } from './controls.tsx'

const OPEN_DEPTH = 2
/** Beyond that the text is shown as it is. */
const MOST_NODES = 5000
const LONG = 400
export const REDACTED = '[redacted]'

type Path = (string | number)[]
interface Leaf {
  path: Path
  value: unknown
  x: number
  y: number
}

/** The number of values, as far as it matters. */
function sizeOf(value: unknown, most: number): number {
  if (typeof value !== 'object' || value === null || value instanceof Exact) return 1
  let size = 1
  for (const each of Object.values(value)) {
    size += sizeOf(each, most - size)
    if (size > most) break
  }
  return size
}

/** The search for jobs that have a value at a path; null where the language has none. */
export function termOf(path: Path, value: unknown): string | null {
  if (typeof value === 'object' && value !== null && !(value instanceof Exact)) return null
  const [root, ...names] = path
  if ((root !== 'args' && root !== 'meta') || names.length === 0) return null
  const parts = names
    .filter((name) => typeof name === 'string')
    .map((name) => (/^[\w-]+$/.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`))
  const text =
    typeof value === 'string'
      ? /^(-?\d|true$|false$|null$)/.test(value)
        ? `"${value.replace(/["\\]/g, '\\$&')}"`
        : quoted(value)
      : String(value)
  return `${[root, ...parts].join('.')}:${text}`
}

export function JsonView({ name, value, label }: { name: string; value: unknown; label: string }) {
  const isLarge = sizeOf(value, MOST_NODES) > MOST_NODES
  const mode = useSignal<'tree' | 'raw'>(isLarge ? 'raw' : 'tree')
  const chosen = useSignal<Leaf | null>(null)
  const menu = useRef<HTMLDivElement>(null)
  const text = () => printExact(value)
  const choose = (leaf: Leaf) => {
    chosen.value = leaf
    const own = menu.current
    if (!own) return
    own.showPopover()
    own.style.left = `${Math.min(leaf.x, innerWidth - own.offsetWidth - 8)}px`
    own.style.top = `${Math.min(leaf.y, innerHeight - own.offsetHeight - 8)}px`
  }
  const leaf = chosen.value
  const term = leaf && termOf(leaf.path, leaf.value)
  return (
    <div class="json">
      <div class="json-tools">
        {!isLarge && (
          <Choice label={t.viewAs(label)} value={mode.value} options={['tree', 'raw']} onChange={(next) => (mode.value = next)} />
        )}
        <CopyButton text={text} label={t.copyWhat(label)} />
      </div>
      {mode.value === 'raw' ? (
        <pre class="code" tabIndex={0} role="region" aria-label={label}>
          {text()}
        </pre>
      ) : (
        <div class="tree" role="group" aria-label={label}>
          <Value value={value} path={[name]} depth={0} choose={choose} />
        </div>
      )}
      <div ref={menu} class="menu" popover="auto" onClick={() => menu.current?.hidePopover()}>
        {leaf && (
          <>
            <button type="button" onClick={() => copy(typeof leaf.value === 'string' ? leaf.value : printExact(leaf.value))}>
              {t.copyValue}
            </button>
            <button type="button" onClick={() => copy(leaf.path.join('.'))}>
              {t.copyPath}
            </button>
            {term && <a href={searchHref(term)}>{t.filterBy}</a>}
            {term && <a href={searchHref(`-${term}`)}>{t.excludeThese}</a>}
          </>
        )}
      </div>
    </div>
  )
}

interface ValueProps {
  value: unknown
  path: Path
  depth: number
  choose: (leaf: Leaf) => void
}

function Value({ value, path, depth, choose }: ValueProps): ComponentChildren {
  if (typeof value !== 'object' || value === null || value instanceof Exact) return <LeafValue value={value} path={path} choose={choose} />
  const isList = Array.isArray(value)
  const entries: [string | number, unknown][] = isList ? value.map((each, n) => [n, each]) : Object.entries(value)
  if (entries.length === 0) return <span class="muted mono">{isList ? '[]' : '{}'}</span>
  const rows = (
    <ul>
      {entries.map(([key, each]) => (
        <li key={key}>
          <Member name={key} value={each} path={[...path, key]} depth={depth + 1} choose={choose} />
        </li>
      ))}
    </ul>
  )
  return rows
}

function Member({ name, value, path, depth, choose }: ValueProps & { name: string | number }) {
  const isBranch = typeof value === 'object' && value !== null && !(value instanceof Exact) && Object.keys(value).length > 0
  const isOpen = useSignal(depth <= OPEN_DEPTH)
  const key = <bdi class={typeof name === 'number' ? 'j-index' : 'j-key'}>{name}</bdi>
  if (!isBranch) {
    return (
      <>
        {key}
        <Value value={value} path={path} depth={depth} choose={choose} />
      </>
    )
  }
  const size = Object.keys(value).length
  return (
    <details open={isOpen} onToggle={(event) => (isOpen.value = event.currentTarget.open)}>
      <summary>
        {key}
        <span class="muted">{Array.isArray(value) ? `[${size}]` : `{${size}}`}</span>
      </summary>
      {isOpen.value && <Value value={value} path={path} depth={depth} choose={choose} />}
    </details>
  )
}

function LeafValue({ value, path, choose }: Omit<ValueProps, 'depth'>) {
  const isWhole = useSignal(false)
  if (value === REDACTED) {
    return (
      <span class="muted" title={t.redacted}>
        •••
      </span>
    )
  }
  const kind = value instanceof Exact ? 'number' : value === null ? 'null' : typeof value
  const full = typeof value === 'string' ? JSON.stringify(value) : String(value)
  const isLong = full.length > LONG && !isWhole.value
  return (
    <>
      <button
        type="button"
        class={`leaf j-${kind}`}
        title={t.leafTitle}
        onClick={(event) => {
          const { left, bottom } = event.currentTarget.getBoundingClientRect()
          choose({ path, value, x: left, y: bottom + 4 })
        }}
      >
        <bdi>{isLong ? `${full.slice(0, LONG)}…` : full}</bdi>
      </button>
      {isLong && (
        <button type="button" class="link" onClick={() => (isWhole.value = true)}>
          {t.showAll(full.length)}
        </button>
      )}
      {typeof value === 'string' && /^https?:\/\/\S+$/.test(value) && (
        <a class="out" href={value} target="_blank" rel="noreferrer noopener">
          {t.openLink}
        </a>
      )}
    </>
  )
}
