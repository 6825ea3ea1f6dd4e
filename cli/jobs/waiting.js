// Why a job waits, from its row and the nodes that serve its queue.

/** @import { JobRow, NodeInfo, QueueInfo } from '../../index.js' */

/**
 * The reasons, none of which may be a reason to worry; null for a job that does not wait.
 * @param {JobRow} job
 * @param {QueueInfo[]} queues
 * @param {NodeInfo[]} nodes
 * @returns {string[] | null}
 */
export function whyWaiting(job, queues, nodes) {
  switch (job.state) {
    case 'suspended':
      return ['it is suspended until it is retried or updated']
    case 'scheduled':
    case 'retryable':
      return [`it is due at ${job.scheduled_at.toISOString()}`]
    case 'available':
      return whyAvailable(
        job,
        queues.find(({ queue }) => queue === job.queue),
        nodes,
      )
    default:
      return null
  }
}

/**
 * @param {JobRow} job
 * @param {QueueInfo | undefined} queue
 * @param {NodeInfo[]} nodes
 */
function whyAvailable({ queue: name, version, version_rule }, queue, nodes) {
  if (!queue || queue.nodes.length === 0) return [`no node serves queue ${name}`]
  if (queue.paused) return [`queue ${name} is paused`]
  const serving = nodes.filter(({ node }) => queue.nodes.some((each) => each.node === node && !each.paused))
  if (version_rule === 'pinned' && !serving.some((each) => each.version === version)) {
    return [`no node runs version ${version} of the application, to which it is pinned`]
  }
  if (queue.running >= queue.limit) return [`all ${queue.limit} places of queue ${name} are taken`]
  return ['jobs before it in the queue']
}
