// Asks before something is changed: the verb, how many, what cannot be undone. What is dangerous needs the number typed.
import { signal, useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { t } from '../strings.en.ts'

interface Question {
  title: string
  body?: ComponentChildren
  /** The verb of the button. */
  verb: string
  isDangerous?: boolean
  /** What has to be typed. */
  typed?: string | undefined
}

const asked = signal<(Question & { answer: (yes: boolean) => void }) | null>(null)

export function confirm(question: Question): Promise<boolean> {
  asked.peek()?.answer(false)
  return new Promise((answer) => {
    asked.value = { ...question, answer }
  })
}

export function Confirm() {
  const dialog = useRef<HTMLDialogElement>(null)
  const typed = useSignal('')
  const question = asked.value
  useEffect(() => {
    typed.value = ''
    if (question) dialog.current?.showModal()
  }, [question])
  if (!question) return null
  const end = (yes: boolean) => {
    dialog.current?.close()
    asked.value = null
    question.answer(yes)
  }
  const isReady = question.typed === undefined || typed.value.replaceAll(',', '').trim() === question.typed
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="confirm-title" onCancel={() => end(false)}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady) end(true)
        }}
      >
        <h2 id="confirm-title">{question.title}</h2>
        <div class="stack">{question.body}</div>
        {question.typed !== undefined && (
          <label class="field">
            {t.typeToConfirm(question.typed)}
            <input value={typed} autocomplete="off" onInput={(event) => (typed.value = event.currentTarget.value)} />
          </label>
        )}
        <footer>
          <button type="button" onClick={() => end(false)}>
            {t.keep}
          </button>
          <button type="submit" class={question.isDangerous ? 'danger' : 'primary'} disabled={!isReady}>
            {question.verb}
          </button>
        </footer>
      </form>
    </dialog>
  )
}
