// The functions of a profile as a table: what a flame graph shows, for those who do not see it.
import { duration } from '../../format.ts'
import { Choice } from '../../parts/controls.tsx'
import { Panel } from '../../parts/panel.tsx'
import { place, setQuery } from '../../router.ts'
import { t } from '../../strings.en.ts'
import { share } from './graph.tsx'
import { type Frame, hottest } from './tree.ts'

const SHOWN = 50
const ORDERS = ['self', 'total'] as const

export function Hottest({ root }: { root: Frame }) {
  const order = place.value.query.get('by') === 'total' ? 'total' : 'self'
  const all = hottest(root)
  const rows = all.toSorted((a, b) => b[order] - a[order]).slice(0, SHOWN)
  return (
    <Panel
      title={t.hottest}
      actions={
        <Choice
          label={t.orderBy}
          value={order}
          options={ORDERS}
          onChange={(next) => setQuery({ by: next === 'self' ? null : next }, { replace: true })}
        />
      }
    >
      <table class="table hottest">
        <thead>
          <tr>
            <th scope="col">{t.function_}</th>
            <th scope="col" class="right" aria-sort={order === 'self' ? 'descending' : undefined}>
              {t.selfTime}
            </th>
            <th scope="col" class="right" aria-sort={order === 'total' ? 'descending' : undefined}>
              {t.totalTime}
            </th>
            <th scope="col" class="wide-only">
              {t.place}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((hot) => (
            <tr key={hot.key}>
              <td>
                <button type="button" class="link" title={t.findIt} onClick={() => setQuery({ q: hot.name, frame: null })}>
                  <i class={`swatch k-${hot.kind}`} aria-hidden="true" />
                  <bdi class="mono">{hot.name || t.anonymous}</bdi>
                </button>
              </td>
              <td class="num right">
                {duration(hot.self)} <span class="muted">{share(hot.self, root.total)}</span>
              </td>
              <td class="num right">
                {duration(hot.total)} <span class="muted">{share(hot.total, root.total)}</span>
              </td>
              <td class="wide-only clip">
                <bdi class="mono muted" title={hot.place}>
                  {hot.place || t.kindsOfCode[hot.kind]}
                </bdi>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {all.length > rows.length && <p class="pad muted">{t.coolerOnes(all.length - rows.length)}</p>}
    </Panel>
  )
}
