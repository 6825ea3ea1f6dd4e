// What needs attention, by the rules of the server.
import { timeOfDay } from '../../format.ts'
import { now } from '../../live.ts'
import { Menu } from '../../parts/controls.tsx'
import { Icon } from '../../parts/icons.tsx'
import { Time } from '../../parts/time.tsx'
import { useResource } from '../../resource.ts'
import { cronHref, href, nodeHref, queueHref, searchHref } from '../../router.ts'
import { dismissed, zone } from '../../settings.ts'
import { t } from '../../strings.en.ts'
import type { Attention, AttentionItem } from '../../types.ts'

const keyOf = ({ rule, subject }: AttentionItem) => `${rule} ${subject.kind} ${subject.name}`
const HOURS = [1, 24]

export function AttentionPanel() {
  const own = useResource<Attention>('/attention').data.value
  const items = own?.items
  if (!items)
    return (
      <section class="attention skeleton" aria-hidden="true">
        <i />
      </section>
    )
  const shown = items.filter((item) => (dismissed.value[keyOf(item)] ?? 0) < now.value)
  const isCritical = shown.some(({ severity }) => severity === 'critical')
  return (
    <section
      class={shown.length === 0 ? 'attention calm' : isCritical ? 'attention critical' : 'attention'}
      aria-labelledby="attention-title"
    >
      <h2 id="attention-title" class={shown.length === 0 ? 'visually-hidden' : ''}>
        {t.attention}
      </h2>
      {shown.length === 0 ? (
        <p>
          <Icon name="check" /> {t.allWell}
          <span class="muted num">{timeOfDay(own?.at ?? now.value, zone.value)}</span>
        </p>
      ) : (
        <ul>
          {shown.map((item) => (
            <li key={keyOf(item)} class={item.severity}>
              <Icon name={item.severity === 'critical' ? 'error' : 'warning'} />
              <span class="attention-text">
                <bdi>{item.text}</bdi>{' '}
                {item.since && (
                  <span class="muted">
                    {t.since} <Time at={item.since} />
                  </span>
                )}
              </span>
              <span class="attention-links">
                {item.links.map((link, n) => (
                  <a key={n} href={target(link)}>
                    {t.linkTo[link.to as 'jobs'] ?? link.to}
                  </a>
                ))}
                <Menu title={t.dismiss} label="" icon="close">
                  {HOURS.map((hours) => (
                    <button
                      key={hours}
                      type="button"
                      onClick={() => (dismissed.value = { ...dismissed.peek(), [keyOf(item)]: Date.now() + hours * 3_600_000 })}
                    >
                      {t.dismissFor(hours)}
                    </button>
                  ))}
                </Menu>
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function target({ to, search, name = '' }: AttentionItem['links'][number]): string {
  if (to === 'jobs') return searchHref(search ?? '')
  if (to === 'failures') return href('/jobs/failures')
  return to === 'queue' ? queueHref(name) : to === 'cron' ? cronHref(name) : to === 'node' ? nodeHref(name) : href('/')
}
