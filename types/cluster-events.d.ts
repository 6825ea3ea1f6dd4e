// Events of jobs on other nodes.
import type { BriefEvent, EngineEvents } from './events.js'
import type { MessageScope } from './messages.js'

/** The events of jobs that nodes report to each other; see the option `cluster_events`. */
export type ClusterEventKind = 'job:start' | 'job:stop' | 'job:exception' | 'job:lost' | 'job:rescued' | 'job:discarded'

/**
 * An event of a job on any node, for {@link EramEngine.on} with `scope: 'cluster'`. The job is brief,
 * `result` is null, and `error` has the name and up to 500 bytes of the message.
 */
export type ClusterEvent<Kind extends ClusterEventKind = ClusterEventKind> = ClusterForm<EngineEvents[Kind]>

type ClusterForm<Event> = Omit<BriefEvent<Event>, 'error'> &
  (Event extends { error: unknown } ? { error: Extract<Event['error'], null> | { name: string; message: string } } : unknown) & {
    /** The node, as the row of `eram_messages` says; any role with a grant on that table can write one. */
    node: string
    /** `'local'`: an event of this engine. */
    scope: MessageScope
  }
