// A flame graph: the root above, what it called below, as wide as it took time. A click or Enter shows a frame over the whole width.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { duration } from '../../format.ts'
import { t } from '../../strings.en.ts'
import { type Bar, barsOf, type Frame, neighbor, pathTo } from './tree.ts'

/** Narrower frames are not drawn: a share of the width. */
const LEAST = 0.0015
/** Of a row; the style sheet has the same. */
const ROW = 22
const KEYS = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight']

interface Props {
  root: Frame
  zoomed: Frame
  found: ReadonlySet<Frame>
  onZoom: (frame: Frame) => void
}

/** A share with as many digits as tell something. */
export const share = (part: number, whole: number) =>
  whole === 0 ? '0%' : `${((part / whole) * 100).toFixed(part / whole < 0.0995 ? 1 : 0)}%`

export function Flames({ root, zoomed, found, onZoom }: Props) {
  const cursor = useSignal(zoomed)
  const pointed = useSignal<Frame | null>(null)
  const isFocused = useSignal(false)
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    cursor.value = zoomed
  }, [zoomed])
  const bars = barsOf(zoomed, LEAST)
  const rows = bars.reduce((most, { depth }) => Math.max(most, depth + 1), 0)
  const shown = pointed.value ?? (isFocused.value ? cursor.value : null)
  const tip = bars.find(({ frame }) => frame === shown)

  const move = (next: Frame | undefined) => {
    // What is not drawn is reached by zooming in.
    if (!next || !bars.some(({ frame }) => frame === next)) return
    cursor.value = next
    document.getElementById(idOf(next))?.scrollIntoView({ block: 'nearest' })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const { key, ctrlKey, metaKey, altKey } = event
    if (ctrlKey || metaKey || altKey) return
    if (KEYS.includes(key)) move(neighbor(cursor.peek(), key))
    else if (key === 'Home') move(root)
    else if (key === 'Enter' || key === ' ') onZoom(cursor.peek())
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div class="flames-scroll">
      <div
        ref={box}
        class="flames"
        role="tree"
        tabIndex={0}
        aria-label={t.flameGraph}
        aria-activedescendant={idOf(cursor.value)}
        style={{ height: `${rows * ROW}px` }}
        onKeyDown={onKeyDown}
        onFocus={() => (isFocused.value = true)}
        onBlur={() => (isFocused.value = false)}
        onMouseLeave={() => (pointed.value = null)}
      >
        {bars.map((bar) => (
          <FlameBar
            key={bar.frame.id}
            bar={bar}
            root={root}
            isAbove={bar.depth < pathTo(zoomed).length}
            isFound={found.has(bar.frame)}
            isCurrent={isFocused.value && bar.frame === cursor.value}
            onPoint={() => (pointed.value = bar.frame)}
            onZoom={() => onZoom(bar.frame)}
          />
        ))}
      </div>
      {tip && (
        <div
          class={tip.x > 0.5 ? 'flame-tip left' : 'flame-tip'}
          role="tooltip"
          style={{
            top: `${(tip.depth + 1) * ROW + 4}px`,
            insetInlineStart: tip.x > 0.5 ? 'auto' : `${tip.x * 100}%`,
            insetInlineEnd: endOf(tip),
          }}
        >
          <strong>
            <bdi>{tip.frame.name || t.anonymous}</bdi>
          </strong>
          {tip.frame.place && <bdi class="mono">{tip.frame.place}</bdi>}
          <span class="num">{t.frameTimes(timeOf(tip.frame.self, root), timeOf(tip.frame.total, root))}</span>
        </div>
      )}
    </div>
  )
}

const endOf = ({ x, width }: Bar) => (x > 0.5 ? `${Math.max(0, (1 - x - width) * 100)}%` : 'auto')
const idOf = ({ id }: Frame) => `frame-${id}`
const timeOf = (ms: number, root: Frame) => `${duration(ms)} (${share(ms, root.total)})`

interface BarProps {
  bar: Bar
  root: Frame
  isAbove: boolean
  isFound: boolean
  isCurrent: boolean
  onPoint: () => void
  onZoom: () => void
}

function FlameBar({ bar: { frame, x, width, depth }, root, isAbove, isFound, isCurrent, onPoint, onZoom }: BarProps) {
  const name = frame.name || t.anonymous
  return (
    <div
      id={idOf(frame)}
      role="treeitem"
      tabIndex={-1}
      aria-level={depth + 1}
      aria-selected={isCurrent}
      aria-label={`${name}: ${t.frameTimes(timeOf(frame.self, root), timeOf(frame.total, root))}`}
      class={`flame k-${frame.kind}${isAbove ? ' above' : ''}${isFound ? ' found' : ''}${isCurrent ? ' current' : ''}`}
      style={{ left: `${x * 100}%`, width: `${width * 100}%`, top: `${depth * ROW}px` }}
      onMouseEnter={onPoint}
      onClick={onZoom}
      onKeyDown={() => {}}
    >
      {width > 0.02 && <bdi>{name}</bdi>}
    </div>
  )
}
