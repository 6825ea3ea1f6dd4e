// An error: its message, where it came from, and what caused it.
import { useSignal } from '@preact/signals'
import { printExact } from '../../json.ts'
import { Choice, CopyButton } from '../../parts/controls.tsx'
import { t } from '../../strings.en.ts'
import type { JobError } from '../../types.ts'
import { type Frame, frames, grouped } from './stack.ts'

interface Cause {
  name?: string
  message?: string
  stack?: string
  cause?: unknown
}

const DEEPEST = 5

export function ErrorView({ error }: { error: JobError }) {
  const mode = useSignal<'frames' | 'raw'>('frames')
  const raw = error.stack ?? `${error.name}: ${error.message}`
  return (
    <div class="error-view">
      <div class="error-head">
        <p>
          <strong>
            <bdi>{error.name}</bdi>
          </strong>{' '}
          {error.code !== undefined && <span class="flag">{String(error.code)}</span>}{' '}
          {error.kind !== 'error' && <span class="flag">{error.kind}</span>}
          <bdi class="error-message">{error.message}</bdi>
        </p>
        {error.stack && (
          <Choice label={t.stackAs} value={mode.value} options={['frames', 'raw']} onChange={(next) => (mode.value = next)} />
        )}
        <CopyButton text={raw} label={t.copyStack} />
      </div>
      {error.stack && (mode.value === 'raw' ? <pre class="code">{raw}</pre> : <Frames all={frames(error.stack)} />)}
      <Causes cause={error.cause} depth={0} />
    </div>
  )
}

function Frames({ all }: { all: Frame[] }) {
  const groups = grouped(all)
  if (groups.length === 0) return null
  return (
    <div class="frames" tabIndex={0} role="region" aria-label={t.stack}>
      {groups.map((group, n) =>
        group.isLibrary && groups.length > 1 ? (
          <details key={n}>
            <summary class="muted">{t.libraryFrames(group.frames.length)}</summary>
            {group.frames.map((frame, m) => (
              <FrameLine key={m} frame={frame} />
            ))}
          </details>
        ) : (
          group.frames.map((frame, m) => <FrameLine key={`${n} ${m}`} frame={frame} />)
        ),
      )}
    </div>
  )
}

function FrameLine({ frame: { name, place, isLibrary } }: { frame: Frame }) {
  return (
    <p class={isLibrary ? 'frame muted' : 'frame'}>
      <bdi class="frame-name">{name || t.anonymous}</bdi> <bdi>{place}</bdi>
    </p>
  )
}

function Causes({ cause, depth }: { cause: unknown; depth: number }) {
  if (cause === undefined || cause === null || depth > DEEPEST) return null
  if (typeof cause !== 'object')
    return (
      <p class="cause">
        {t.causedBy} <bdi>{String(cause)}</bdi>
      </p>
    )
  const { name, message, stack, cause: next } = cause as Cause
  return (
    <div class="cause">
      <p>
        {t.causedBy} <strong>{name}</strong> <bdi>{message ?? printExact(cause, 0)}</bdi>
      </p>
      {stack && <Frames all={frames(stack)} />}
      <Causes cause={next} depth={depth + 1} />
    </div>
  )
}
