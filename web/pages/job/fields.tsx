// The fields of a job as they are written by hand: texts, and the JSON that they mean.
import type { ComponentChildren } from 'preact'
import { inputTime, isoOfInput, type Zone } from '../../format.ts'
import { parseExact, printExact } from '../../json.ts'
import { t } from '../../strings.en.ts'
import type { Job } from '../../types.ts'

export interface Texts {
  queue: string
  priority: string
  max_attempts: string
  tags: string
  scheduled_at: string
  args: string
  meta: string
}

export type Name = keyof Texts
export const PAYLOAD: readonly Name[] = ['args', 'meta']

export function textsOf(job: Job, zone: Zone): Texts {
  return {
    queue: job.queue,
    priority: String(job.priority),
    max_attempts: String(job.max_attempts),
    tags: job.tags.join(', '),
    scheduled_at: inputTime(job.scheduled_at, zone),
    args: printExact(job.args),
    meta: printExact(job.meta),
  }
}

/** A member as JSON, in which numbers keep their digits; undefined: it cannot be read. */
export function jsonOf(name: Name, text: string, zone: Zone): string | undefined {
  try {
    if (PAYLOAD.includes(name)) {
      const value = parseExact(text)
      return typeof value === 'object' && value !== null && !Array.isArray(value) ? printExact(value, 0) : undefined
    }
    if (name === 'priority' || name === 'max_attempts') return /^\d+$/.test(text.trim()) ? text.trim() : undefined
    if (name === 'tags') return JSON.stringify(tagsOf(text))
    if (name === 'scheduled_at') return JSON.stringify(isoOfInput(text, zone))
    return text.trim() === '' ? undefined : JSON.stringify(text.trim())
  } catch {
    return undefined
  }
}

function tagsOf(text: string): string[] {
  const tags = text.split(',').map((tag) => tag.trim())
  return tags.filter(Boolean)
}

interface FieldProps {
  label: ComponentChildren
  /** What is wrong with it. */
  problem?: string | null
  /** What is said below it. */
  after?: ComponentChildren
  children: ComponentChildren
}

export function Field({ label, problem, after, children }: FieldProps) {
  return (
    <div class={problem ? 'field bad' : 'field'}>
      <label class="field">
        <span>{label}</span>
        {children}
      </label>
      {problem && <span class="error-text">{problem}</span>}
      {after}
    </div>
  )
}

/** What is said of a text that cannot be read. */
export const problemOf = (name: Name) => t.invalidField[PAYLOAD.includes(name) ? 'json' : 'value']

interface InputProps {
  type?: 'number' | 'datetime-local' | undefined
  value: string
  list?: string | undefined
  onInput: (event: { currentTarget: HTMLInputElement }) => void
}

export function Input({ type, value, list, onInput }: InputProps) {
  if (type === 'number') return <input type="number" min={0} value={value} onInput={onInput} />
  if (type === 'datetime-local') return <input type="datetime-local" step={1} value={value} onInput={onInput} />
  return <input value={value} list={list} autocomplete="off" onInput={onInput} />
}
