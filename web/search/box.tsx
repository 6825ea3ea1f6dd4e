// The search box: one line of text, completed at the caret.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from '../parts/icons.tsx'
import { t } from '../strings.en.ts'
import type { Suggestions } from '../types.ts'
import { suggestions } from './complete.ts'

const WAIT = 80

interface Props {
  value: string
  onCommit: (text: string) => void
  error: string | null
  autofocus?: boolean
}

export function SearchBox({ value, onCommit, error, autofocus = false }: Props) {
  const input = useRef<HTMLInputElement>(null)
  const text = useSignal(value)
  const found = useSignal<Suggestions | null>(null)
  const at = useSignal(-1)
  const asked = useRef<{ timer?: number; abort?: AbortController }>({})

  useEffect(() => {
    text.value = value
  }, [value])
  useEffect(() => {
    if (autofocus) input.current?.focus()
  }, [autofocus])

  const close = () => {
    clearTimeout(asked.current.timer)
    asked.current.abort?.abort()
    found.value = null
    at.value = -1
  }
  const suggest = () => {
    close()
    asked.current.timer = window.setTimeout(async () => {
      const own = input.current
      if (!own || document.activeElement !== own) return
      const abort = new AbortController()
      asked.current.abort = abort
      const answer = await suggestions(own.value, own.selectionStart ?? own.value.length, abort.signal).catch(() => null)
      if (!abort.signal.aborted && answer && answer.items.length > 0) found.value = answer
    }, WAIT)
  }
  const accept = (n: number) => {
    const { from, to, items } = found.peek() ?? { from: 0, to: 0, items: [] }
    const item = items[n]
    const own = input.current
    if (!item || !own) return
    const isOpen = /[:.]$/.test(item.value)
    const rest = text.peek().slice(to)
    const gap = isOpen || rest.startsWith(' ') ? '' : ' '
    const next = `${text.peek().slice(0, from)}${item.value}${gap}${rest}`
    const caret = from + item.value.length + (isOpen ? 0 : 1)
    text.value = next
    own.value = next
    own.setSelectionRange(caret, caret)
    suggest()
  }
  const commit = () => {
    close()
    onCommit(text.peek().trim())
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const size = found.peek()?.items.length ?? 0
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      if (size === 0) return suggest()
      const step = event.key === 'ArrowDown' ? 1 : -1
      at.value = ((((at.peek() + step + 1) % (size + 1)) + size + 1) % (size + 1)) - 1
    } else if (event.key === 'Tab' && !event.shiftKey && size > 0) {
      event.preventDefault()
      accept(Math.max(0, at.peek()))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      if (size > 0 && at.peek() >= 0) accept(at.peek())
      else commit()
    } else if (event.key === 'Escape') {
      event.stopPropagation()
      if (size > 0) close()
      else input.current?.blur()
    }
  }
  const items = found.value?.items ?? []
  return (
    <search class="search">
      <div class={error ? 'search-box bad' : 'search-box'}>
        <Icon name="search" />
        <input
          ref={input}
          data-search
          type="text"
          role="combobox"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          aria-label={t.searchJobs}
          aria-expanded={items.length > 0}
          aria-controls="suggestions"
          aria-autocomplete="list"
          aria-invalid={error !== null}
          aria-describedby={error ? 'search-error' : undefined}
          aria-activedescendant={at.value >= 0 ? `suggestion-${at.value}` : undefined}
          placeholder={t.searchPlaceholder}
          value={text}
          onInput={(event) => {
            text.value = event.currentTarget.value
            suggest()
          }}
          onFocus={suggest}
          onClick={suggest}
          onBlur={close}
          onKeyDown={onKeyDown}
        />
        {text.value !== '' ? (
          <button type="button" class="ghost" aria-label={t.clearSearch} title={t.clearSearch} onClick={() => onCommit('')}>
            <Icon name="close" />
          </button>
        ) : (
          <kbd>/</kbd>
        )}
      </div>
      <div id="suggestions" class="suggestions" role="listbox" aria-label={t.suggestions} hidden={items.length === 0}>
        {items.map((item, n) => (
          <div
            key={item.value}
            id={`suggestion-${n}`}
            role="option"
            tabIndex={-1}
            aria-selected={n === at.value}
            onMouseDown={(event) => {
              event.preventDefault()
              accept(n)
            }}
          >
            <bdi class="mono">{item.value}</bdi>
            {item.text && <span class="muted">{item.text}</span>}
          </div>
        ))}
      </div>
      {error && (
        <p id="search-error" class="search-error" role="alert">
          {error}
        </p>
      )}
    </search>
  )
}
