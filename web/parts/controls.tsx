// Small controls that pages share: copy, a menu, a choice, a bar, a stepper.
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useId, useRef } from 'preact/hooks'
import { percent } from '../format.ts'
import { t } from '../strings.en.ts'
import { Icon, type IconName } from './icons.tsx'
import { toast } from './toast.tsx'

/** Copies also over plain HTTP, where browsers have no clipboard. */
export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    area.className = 'visually-hidden'
    ;(document.querySelector('dialog[open]') ?? document.body).append(area)
    area.select()
    document.execCommand('copy')
    area.remove()
  }
  toast(t.copied)
}

export function CopyButton({ text, label }: { text: string | (() => string); label: string }) {
  return (
    <button type="button" class="ghost" title={label} aria-label={label} onClick={() => copy(typeof text === 'string' ? text : text())}>
      <Icon name="copy" />
    </button>
  )
}

/** A button that opens what is below it. */
export function Menu({
  label,
  title,
  children,
  icon,
}: {
  label: ComponentChildren
  title: string
  children: ComponentChildren
  icon?: IconName
}) {
  const id = useId().replace(/[^\w-]/g, '')
  const box = useRef<HTMLDivElement>(null)
  const button = useRef<HTMLButtonElement>(null)
  const isOpen = useSignal(false)
  const place = () => {
    const at = button.current?.getBoundingClientRect()
    if (!at || !box.current) return
    const { style } = box.current
    style.top = `${at.bottom + 4}px`
    style.left = `${Math.max(8, Math.min(at.left, innerWidth - box.current.offsetWidth - 8))}px`
  }
  useEffect(() => {
    const own = box.current
    const toggled = (event: Event) => {
      isOpen.value = (event as ToggleEvent).newState === 'open'
      if (isOpen.value) place()
    }
    own?.addEventListener('toggle', toggled)
    return () => own?.removeEventListener('toggle', toggled)
  }, [])
  return (
    <>
      <button type="button" ref={button} class="menu-button" popovertarget={id} title={title} aria-label={title} aria-expanded={isOpen}>
        {icon && <Icon name={icon} />}
        {label}
        <Icon name="down" />
      </button>
      <div
        ref={box}
        id={id}
        popover="auto"
        class="menu"
        onClick={(event) => (event.target as Element).closest('button,a') && box.current?.hidePopover()}
      >
        {children}
      </div>
    </>
  )
}

/** One of a few. */
export function Choice<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string
  value: T
  options: readonly T[]
  onChange: (value: T) => void
}) {
  return (
    <fieldset class="choice">
      <legend class="visually-hidden">{label}</legend>
      {options.map((each) => (
        <button key={each} type="button" aria-pressed={each === value} onClick={() => onChange(each)}>
          {each}
        </button>
      ))}
    </fieldset>
  )
}

export function Select({
  label,
  value,
  options,
  onChange,
}: {
  label: string
  value: string
  options: [value: string, text: string][]
  onChange: (value: string) => void
}) {
  return (
    <label class="select">
      <span class="visually-hidden">{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([each, text]) => (
          <option key={each} value={each} selected={each === value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  )
}

/** How much of a limit is used. */
export function Meter({ value, limit, label }: { value: number; limit: number; label: string }) {
  const share = limit === 0 ? 0 : Math.min(1, value / limit)
  return (
    <span class="meter" title={label}>
      <span class="meter-bar" aria-hidden="true">
        <i style={{ width: percent(share, 1) }} />
      </span>
      <span class="num">
        {value}
        <span class="muted">/{limit}</span>
      </span>
    </span>
  )
}

/** A number with buttons around it. It is sent a moment after the last change. */
export function Stepper({ label, value, max, onChange }: { label: string; value: number; max: number; onChange: (value: number) => void }) {
  const shown = useSignal(value)
  const timer = useRef<number | undefined>(undefined)
  useEffect(() => {
    if (timer.current === undefined) shown.value = value
  }, [value])
  const set = (next: number) => {
    if (Number.isNaN(next)) return
    shown.value = Math.max(1, Math.min(max, Math.round(next)))
    clearTimeout(timer.current)
    timer.current = window.setTimeout(() => {
      timer.current = undefined
      if (shown.peek() !== value) onChange(shown.peek())
    }, 700)
  }
  return (
    <span class="stepper">
      <button type="button" aria-label={t.less(label)} onClick={() => set(shown.peek() - 1)}>
        <Icon name="minus" />
      </button>
      <input type="number" min={1} max={max} aria-label={label} value={shown} onInput={(event) => set(event.currentTarget.valueAsNumber)} />
      <button type="button" aria-label={t.more(label)} onClick={() => set(shown.peek() + 1)}>
        <Icon name="plus" />
      </button>
    </span>
  )
}
