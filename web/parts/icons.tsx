// Icons and the shapes of job states, as paths: a state is never shown by its color alone.
import type { JobState } from '../types.ts'

const PATHS = {
  search: 'M7 12.5a5.5 5.5 0 1 1 0-11 5.5 5.5 0 0 1 0 11Zm4-1.5 3.5 3.5',
  sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 .8v1.7M8 13.5v1.7M.8 8h1.7M13.5 8h1.7M2.9 2.9l1.2 1.2M11.9 11.9l1.2 1.2M13.1 2.9l-1.2 1.2M4.1 11.9l-1.2 1.2',
  moon: 'M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3Z',
  system: 'M2 2.5h12v8H2zM5.5 13.5h5M8 10.5v3',
  help: 'M8 14.5a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13ZM6.2 6.3a1.9 1.9 0 1 1 2.7 1.7c-.6.3-.9.7-.9 1.3M8 11.4v.2',
  menu: 'M2 4h12M2 8h12M2 12h12',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  check: 'M3 8.5l3.2 3.2L13 4.8',
  down: 'M4 6.2 8 10.2l4-4',
  right: 'M6.2 4l4 4-4 4',
  left: 'M9.8 4l-4 4 4 4',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.2v9.6L12.5 8Z',
  stop: 'M4 4h8v8H4z',
  retry: 'M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3',
  cancel: 'M8 14a6 6 0 1 1 0-12 6 6 0 0 1 0 12ZM3.8 3.8l8.4 8.4',
  trash: 'M3 4.5h10M6.5 4.5v-2h3v2M4.2 4.5l.6 9h6.4l.6-9M6.8 7v4M9.2 7v4',
  edit: 'M10.8 2.8l2.4 2.4L5.5 13H3v-2.5Z',
  copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3',
  link: 'M6.5 9.5l3-3M7.5 4.5l1.4-1.4a2.5 2.5 0 0 1 3.6 3.6L11 8.2M8.5 11.5l-1.4 1.4a2.5 2.5 0 0 1-3.6-3.6L5 7.8',
  plus: 'M8 3v10M3 8h10',
  minus: 'M3 8h10',
  warning: 'M8 2.2 14.5 13.5h-13ZM8 6.4v3.4M8 11.6v.1',
  error: 'M8 14.5a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13ZM8 4.6v4.2M8 11.2v.1',
  star: 'M8 1.8l1.9 4 4.3.5-3.2 3 .9 4.3L8 11.5l-3.9 2.1.9-4.3-3.2-3 4.3-.5Z',
  filter: 'M2 3.5h12L9.5 8.8v4.4l-3-1.4v-3Z',
  columns: 'M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10',
  save: 'M4 2.5h8v11l-4-2.8-4 2.8Z',
  table: 'M2.5 3h11v10h-11zM2.5 6.3h11M2.5 9.7h11M7 6.3V13',
  clock: 'M8 14.5a6.5 6.5 0 1 1 0-13 6.5 6.5 0 0 1 0 13ZM8 4.5V8l2.5 1.5',
} as const

export type IconName = keyof typeof PATHS

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}

/** Filled where the shape is a solid one. */
const SHAPES: Record<JobState, [path: string, isSolid: boolean]> = {
  executing: ['M8 3.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9Z', true],
  available: ['M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11Zm0 0v11', false],
  scheduled: ['M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM8 5v3l2.2 1.4', false],
  suspended: ['M4.5 3.5h2v9h-2zM9.5 3.5h2v9h-2z', true],
  retryable: ['M12.8 8a4.8 4.8 0 1 1-1.5-3.5M12.8 2.3v2.9H9.9', false],
  completed: ['M3 8.5l3.3 3.3L13 4.8', false],
  cancelled: ['M8 2.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11ZM4.2 4.2l7.6 7.6', false],
  discarded: ['M4 4l8 8M12 4l-8 8', false],
}

export function StateShape({ state }: { state: JobState }) {
  const [path, isSolid] = SHAPES[state] ?? SHAPES.available
  return (
    <svg class={isSolid ? 'shape solid' : 'shape'} viewBox="0 0 16 16" aria-hidden="true">
      <path d={path} />
    </svg>
  )
}
