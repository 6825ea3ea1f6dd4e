// Why a job is where it is: one sentence, then what was checked.
import { Icon } from '../../parts/icons.tsx'
import { useResource } from '../../resource.ts'
import { t } from '../../strings.en.ts'
import type { Why } from '../../types.ts'

export function WhyPanel({ id, isProblem }: { id: string; isProblem: boolean }) {
  const own = useResource<Why>(`/jobs/${id}/why`)
  const why = own.data.value
  if (!why) {
    if (own.error.value) return null
    // As high as what comes.
    return (
      <div class="why" aria-hidden="true">
        <p class="why-text">&nbsp;</p>
        <p class="why-more">&nbsp;</p>
      </div>
    )
  }
  return (
    <section class={isProblem ? 'why bad' : 'why'} aria-labelledby="why-title">
      <h2 id="why-title" class="visually-hidden">
        {t.why}
      </h2>
      <p class="why-text">
        <bdi>{why.text}</bdi>
      </p>
      {why.checks.length > 0 && (
        <details>
          <summary>{t.whatWasChecked(why.checks.length)}</summary>
          <ul>
            {why.checks.map(({ code, ok, text }) => (
              <li key={code} class={ok ? 'ok' : 'not-ok'}>
                <Icon name={ok ? 'check' : 'close'} />
                <span class="visually-hidden">{ok ? t.checkOk : t.checkNotOk}</span>
                <bdi>{text}</bdi>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}
