// A CPU profile as a tree of frames with their times, and what of it is drawn.
import type { CpuProfile } from '../../types.ts'

/** Whose code a frame is: the application's, a library's, that of Node.js, the engine's own work, or none. */
export type Kind = 'app' | 'library' | 'node' | 'engine' | 'idle'
export const KINDS: readonly Kind[] = ['app', 'library', 'node', 'engine', 'idle']

export interface Frame {
  id: number
  name: string
  /** File, line and column; empty for what has none. */
  place: string
  kind: Kind
  /** Milliseconds in the function itself, and with all that it called. */
  self: number
  total: number
  parent: Frame | null
  /** Those with the most time first. */
  children: Frame[]
}

export interface Bar {
  frame: Frame
  /** Shares of the width. */
  x: number
  width: number
  depth: number
}

/** A function, wherever it was called. */
export interface Hot {
  key: string
  name: string
  place: string
  kind: Kind
  self: number
  total: number
}

type Node = CpuProfile['nodes'][number]

/** The time of each node itself: from a sample until the next one. */
function selfTimes({ nodes, samples, timeDeltas = [] }: CpuProfile): Map<number, number> {
  if (!samples) return new Map(nodes.map(({ id, hitCount = 0 }) => [id, hitCount]))
  const spans = samples.map((_, n) => Math.max(0, Number(timeDeltas[n + 1] ?? Number.NaN)) / 1000)
  // How long the last one went on is not known.
  const known = spans.slice(0, -1)
  const last = known.length === 0 ? 1 : known.reduce((sum, span) => sum + span, 0) / known.length
  const times = new Map<number, number>()
  for (const [n, id] of samples.entries()) times.set(id, (times.get(id) ?? 0) + (n === samples.length - 1 ? last : (spans[n] ?? 0)))
  return times
}

function kindOf(name: string, url: string): Kind {
  if (name === '(idle)') return 'idle'
  if (url === '') return 'engine'
  if (url.startsWith('node:')) return 'node'
  return url.includes('/node_modules/') ? 'library' : 'app'
}

function frameOf({ id, callFrame: { functionName, url, lineNumber, columnNumber } }: Node, self: number): Frame {
  const file = url.replace(/^file:\/\//, '')
  const place = file === '' ? '' : `${file}:${lineNumber + 1}:${columnNumber + 1}`
  return { id, name: functionName, place, kind: kindOf(functionName, url), self, total: self, parent: null, children: [] }
}

/** The frames of a profile below their root, without those that took no time. `withIdle`: also the time in which nothing ran. */
export function treeOf(profile: CpuProfile, withIdle: boolean): Frame {
  const times = selfTimes(profile)
  const frames = new Map(profile.nodes.map((node) => [node.id, frameOf(node, times.get(node.id) ?? 0)]))
  const all = [...frames.values()]
  const order = new Map(all.map((frame, n) => [frame, n]))
  for (const { id, children = [] } of profile.nodes) {
    const frame = frames.get(id)
    // V8 writes each after its parent, so there are no circles.
    for (const child of children.flatMap((each) => frames.get(each) ?? []))
      if (frame && (order.get(child) ?? 0) > (order.get(frame) ?? 0)) child.parent = frame
  }
  const root = all.find(({ parent }) => parent === null) ?? frameOf({ id: 0, callFrame: BARE }, 0)
  const shown = all.filter(({ kind }) => withIdle || kind !== 'idle')
  // Without recursion: call trees may be deep.
  for (const frame of shown) for (let above = frame.parent; above; above = above.parent) above.total += frame.self
  for (const frame of shown) if (frame.parent && frame.total > 0) frame.parent.children.push(frame)
  for (const { children } of shown) children.sort((a, b) => b.total - a.total)
  return root
}
const BARE = { functionName: '(root)', scriptId: '0', url: '', lineNumber: -1, columnNumber: -1 }

/** A frame and all below it, each before those that it called. */
export function* below(top: Frame): Generator<Frame> {
  const left = [top]
  for (let frame = left.pop(); frame; frame = left.pop()) {
    yield frame
    left.push(...frame.children.toReversed())
  }
}

/** Those above a frame, the root first. */
export function pathTo(frame: Frame): Frame[] {
  const path: Frame[] = []
  for (let above = frame.parent; above; above = above.parent) path.unshift(above)
  return path
}

/** What is drawn: a frame over the whole width, those above it, and those below that are wide enough. */
export function barsOf(zoomed: Frame, least: number): Bar[] {
  const above = pathTo(zoomed)
  const bars: Bar[] = above.map((frame, depth) => ({ frame, x: 0, width: 1, depth }))
  const left: Bar[] = [{ frame: zoomed, x: 0, width: 1, depth: above.length }]
  for (let bar = left.pop(); bar; bar = left.pop()) {
    bars.push(bar)
    const next: Bar[] = []
    let { x } = bar
    for (const frame of bar.frame.children) {
      const width = frame.total / zoomed.total
      if (width < least) break
      next.push({ frame, x, width, depth: bar.depth + 1 })
      x += width
    }
    left.push(...next.reverse())
  }
  return bars
}

const keyOf = ({ name, place }: Frame) => `${name} ${place}`

/** The functions of a tree, those that took most themselves first. A function that calls itself counts once. */
export function hottest(root: Frame): Hot[] {
  const found = new Map<string, Hot>()
  for (const frame of below(root)) {
    if (frame === root) continue
    const key = keyOf(frame)
    const hot = found.get(key) ?? { key, name: frame.name, place: frame.place, kind: frame.kind, self: 0, total: 0 }
    found.set(key, hot)
    hot.self += frame.self
    if (!isRecursive(frame, key)) hot.total += frame.total
  }
  return [...found.values()].sort((a, b) => b.self - a.self)
}

function isRecursive(frame: Frame, key: string): boolean {
  for (let above = frame.parent; above; above = above.parent) if (above.name === frame.name && keyOf(above) === key) return true
  return false
}

/** The frames whose name or file contains a text, and the milliseconds of all of them, none of which counts twice. */
export function matching(root: Frame, text: string): { frames: Set<Frame>; time: number } {
  const wanted = text.trim().toLowerCase()
  const frames = new Set<Frame>()
  let time = 0
  if (wanted === '') return { frames, time }
  const inside = new Set<Frame>()
  for (const frame of below(root)) {
    const isInside = frame.parent !== null && inside.has(frame.parent)
    const isFound = keyOf(frame).toLowerCase().includes(wanted)
    if (isFound) frames.add(frame)
    if (isFound && !isInside) time += frame.total
    if (isFound || isInside) inside.add(frame)
  }
  return { frames, time }
}

/** The frame that an arrow key leads to from another. */
export function neighbor(frame: Frame, key: string): Frame | undefined {
  const siblings = frame.parent?.children ?? [frame]
  const at = siblings.indexOf(frame)
  switch (key) {
    case 'ArrowUp':
      return frame.parent ?? undefined
    case 'ArrowDown':
      return frame.children[0]
    case 'ArrowLeft':
      return siblings[at - 1]
    case 'ArrowRight':
      return siblings[at + 1]
  }
}
