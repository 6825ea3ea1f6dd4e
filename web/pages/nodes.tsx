// All nodes: whether they are alive, which one leads, and how much they do.
import { duration } from '../format.ts'
import { Meter } from '../parts/controls.tsx'
import { Heading } from '../parts/heading.tsx'
import { Icon } from '../parts/icons.tsx'
import { Leaders } from '../parts/leaders.tsx'
import { Empty, Skeleton } from '../parts/panel.tsx'
import { Time } from '../parts/time.tsx'
import { useResource } from '../resource.ts'
import { nodeHref, queueHref } from '../router.ts'
import { t } from '../strings.en.ts'
import type { Node } from '../types.ts'

/** A node that has been silent for longer is about to be given up. */
export const SILENT = 20_000

export function NodeState({ node }: { node: Node }) {
  const state = node.asleep ? 'asleep' : node.age_ms > SILENT ? 'silent' : 'alive'
  return (
    <span class={`status n-${state}${state === 'silent' ? ' bad' : ''}`}>
      {state === 'silent' && <Icon name="error" />}
      {t.nodeStates[state]}
    </span>
  )
}

export const slotsOf = ({ queues }: Node) => ({
  running: queues.reduce((sum, { running }) => sum + running, 0),
  limit: queues.reduce((sum, { limit }) => sum + limit, 0),
})

export function NodesPage() {
  const nodes = useResource<{ nodes: Node[] }>('/nodes').data.value?.nodes
  const versions = new Set(nodes?.map(({ eram_version }) => eram_version))
  return (
    <div class="page">
      <Heading title={t.nav.nodes}>{nodes && <Leaders class="muted" nodes={nodes} />}</Heading>
      {versions.size > 1 && <div class="banner">{t.versionsDiffer([...versions].map((each) => each ?? '?').join(', '))}</div>}
      {!nodes && <Skeleton />}
      {nodes?.length === 0 && (
        <Empty icon="warning" title={t.noNodes}>
          <p>{t.noNodesHelp}</p>
          <pre class="code">npx eramjs worker</pre>
        </Empty>
      )}
      {nodes && nodes.length > 0 && (
        <table class="table cards-below">
          <thead>
            <tr>
              <th scope="col">{t.columns.node}</th>
              <th scope="col">{t.status}</th>
              <th scope="col">{t.slots}</th>
              <th scope="col">{t.nav.queues}</th>
              <th scope="col" class="wide-only">
                {t.version}
              </th>
              <th scope="col">{t.startedAt}</th>
              <th scope="col" class="right">
                {t.heartbeat}
              </th>
            </tr>
          </thead>
          <tbody>
            {nodes.map((node) => {
              const { running, limit } = slotsOf(node)
              return (
                <tr key={`${node.name} ${node.node}`}>
                  <td class="c-name">
                    <a href={nodeHref(node.node)}>
                      <bdi>{node.node}</bdi>
                    </a>
                    {node.leader && (
                      <span class="leader" title={t.isLeader}>
                        <Icon name="star" />
                        <span class="visually-hidden">{t.isLeader}</span>
                      </span>
                    )}
                  </td>
                  <td data-label={t.status}>
                    <NodeState node={node} />
                  </td>
                  <td data-label={t.slots}>
                    <Meter value={running} limit={limit} label={t.runningOf(running, limit)} />
                  </td>
                  <td data-label={t.nav.queues} class="queue-list">
                    {node.queues.slice(0, 6).map(({ queue, paused }) => (
                      <a key={queue} class={paused ? 'chip paused' : 'chip'} href={queueHref(queue)}>
                        {paused && <Icon name="pause" />}
                        <bdi>{queue}</bdi>
                      </a>
                    ))}
                    {node.queues.length > 6 && <span class="muted">+{node.queues.length - 6}</span>}
                  </td>
                  <td data-label={t.version} class={versions.size > 1 ? 'num wide-only warn-text' : 'num wide-only'}>
                    {node.eram_version ?? '–'}
                  </td>
                  <td data-label={t.startedAt}>
                    <Time at={node.started_at} />
                  </td>
                  <td data-label={t.heartbeat} class="num right">
                    {node.asleep ? '–' : t.ago(duration(node.age_ms))}
                  </td>
                </tr>
              )
            })}
          </tbody>
        </table>
      )}
    </div>
  )
}
