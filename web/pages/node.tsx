// One node: its queues, and the jobs that run on it.
import { write } from '../api.ts'
import { may } from '../config.ts'
import { duration } from '../format.ts'
import { refreshAll } from '../live.ts'
import { confirm } from '../parts/confirm.tsx'
import { Meter } from '../parts/controls.tsx'
import { Heading } from '../parts/heading.tsx'
import { Icon } from '../parts/icons.tsx'
import { Empty, Panel, Skeleton } from '../parts/panel.tsx'
import { pauseOrResume } from '../parts/queue-actions.tsx'
import { Time } from '../parts/time.tsx'
import { reason, toast } from '../parts/toast.tsx'
import { useResource } from '../resource.ts'
import { href, queueHref } from '../router.ts'
import { quoted } from '../search/terms.ts'
import { t } from '../strings.en.ts'
import type { Node, Search } from '../types.ts'
import { RunningJobs } from './jobs/running.tsx'
import { NodeState } from './nodes.tsx'

async function resign(name: string): Promise<void> {
  if (!(await confirm({ title: t.confirmResign, body: t.explainsResign, verb: t.resign }))) return
  try {
    await write('POST', '/leader/resign', { name })
    toast(t.resigned)
  } catch (error) {
    toast(reason(error), { isError: true })
  }
  void refreshAll()
}

export function NodePage({ name }: { name: string }) {
  const all = useResource<{ nodes: Node[] }>('/nodes').data.value?.nodes
  const node = all?.find((each) => each.node === name)
  const q = `node:${quoted(name)} state:executing`
  const jobs = useResource<Search>(`/jobs/search?text=${encodeURIComponent(q)}&limit=50`).data.value?.jobs
  if (!all) return <Skeleton rows={8} />
  const facts: [string, string | null][] = node
    ? [
        [t.engine, node.name],
        [t.host, node.host],
        [t.pid, node.pid === null ? null : String(node.pid)],
        [t.version, node.version],
        [t.eramVersion, node.eram_version],
        [t.heartbeat, node.asleep ? t.asleep : t.ago(duration(node.age_ms))],
      ]
    : []
  return (
    <article class="page">
      <a class="back" href={href('/nodes')}>
        <Icon name="left" /> {t.nav.nodes}
      </a>
      <Heading title={name}>
        {node && <NodeState node={node} />}
        {node?.leader && (
          <span class="leader">
            <Icon name="star" /> {t.isLeader}
          </span>
        )}
        {node?.leader && may('nodes:resign') && (
          <div class="actions">
            <button type="button" onClick={() => void resign(node.name)}>
              {t.resign}
            </button>
          </div>
        )}
      </Heading>
      {!node && <Empty icon="warning" title={t.nodeIsGone(name)} />}
      {node && (
        <dl class="facts">
          {facts.map(([label, value]) =>
            value === null ? null : (
              <div key={label}>
                <dt>{label}</dt>
                <dd>
                  <bdi>{value}</bdi>
                </dd>
              </div>
            ),
          )}
          <div>
            <dt>{t.startedAt}</dt>
            <dd>
              <Time at={node.started_at} />
            </dd>
          </div>
        </dl>
      )}
      {node && (
        <Panel title={t.nav.queues}>
          <table class="table cards-below">
            <thead>
              <tr>
                <th scope="col">{t.columns.queue}</th>
                <th scope="col">{t.status}</th>
                <th scope="col">{t.runningNow}</th>
                <th scope="col">
                  <span class="visually-hidden">{t.actions}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {node.queues.map(({ queue, limit, paused, running }) => (
                <tr key={queue}>
                  <td class="c-name">
                    <a href={queueHref(queue)}>
                      <bdi>{queue}</bdi>
                    </a>
                  </td>
                  <td data-label={t.status}>
                    <span class={`status q-${paused ? 'paused' : 'running'}`}>
                      {paused && <Icon name="pause" />}
                      {t.queueStates[paused ? 'paused' : 'running']}
                    </span>
                  </td>
                  <td data-label={t.runningNow}>
                    <Meter value={running} limit={limit} label={t.runningOf(running, limit)} />
                  </td>
                  <td class="row-actions">
                    {may('queues:pause') && (
                      <button
                        type="button"
                        aria-label={`${paused ? t.queueVerbs.resume : t.queueVerbs.pause} ${queue}`}
                        onClick={() => void pauseOrResume(queue, paused, name)}
                      >
                        <Icon name={paused ? 'play' : 'pause'} />
                      </button>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </Panel>
      )}
      <RunningJobs jobs={jobs} search={`node:${quoted(name)}`} columns={['queue', 'attempt', 'time']} />
    </article>
  )
}
