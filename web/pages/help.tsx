// The search language, the keys, and where the API is.
import { base } from '../config.ts'
import { ZONES } from '../format.ts'
import { Choice } from '../parts/controls.tsx'
import { Heading } from '../parts/heading.tsx'
import { KeyList } from '../parts/keys.tsx'
import { Panel } from '../parts/panel.tsx'
import { searchHref } from '../router.ts'
import { hasKeys, setZone, zone } from '../settings.ts'
import { t } from '../strings.en.ts'

export function HelpPage() {
  return (
    <div class="page help">
      <Heading title={t.nav.help} />
      <div class="cards">
        <Panel title={t.searchReference}>
          <table class="table cards-below">
            <thead>
              <tr>
                <th scope="col">{t.qualifier}</th>
                <th scope="col">{t.finds}</th>
                <th scope="col">{t.example}</th>
              </tr>
            </thead>
            <tbody>
              {t.qualifiers.map(([name, meaning, example]) => (
                <tr key={name}>
                  <td class="c-name mono">{name}</td>
                  <td>{meaning}</td>
                  <td>
                    <a class="mono" href={searchHref(example)}>
                      {example}
                    </a>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <ul class="pad">
            {t.searchNotes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </Panel>
        <div class="stack">
          <Panel title={t.settings}>
            <div class="stack pad">
              <div class="inline">
                <span>{t.timezone}</span>
                <Choice label={t.timezone} value={zone.value} options={ZONES} onChange={setZone} />
              </div>
              <label class="check">
                <input type="checkbox" checked={hasKeys.value} onChange={(event) => (hasKeys.value = event.currentTarget.checked)} />
                {t.keysOn}
              </label>
            </div>
          </Panel>
          <Panel title={t.keysTitle}>
            <KeyList class="pad" />
          </Panel>
          <Panel title={t.api}>
            <p class="pad">
              {t.apiText} <a href={`${base}api/v1/openapi.json`}>openapi.json</a>
            </p>
          </Panel>
        </div>
      </div>
    </div>
  )
}
