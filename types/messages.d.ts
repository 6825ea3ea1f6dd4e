// Messages between nodes, for `engine.listen` and `engine.notify`.

/**
 * Who receives a message: all nodes, or this engine alone. A listener with `'cluster'` receives
 * both kinds.
 * @default 'cluster'
 */
export type MessageScope = 'cluster' | 'local'

/** What a listener receives along with the payload of a message. */
export interface MessageInfo {
  channel: string
  /** The node that sent it; null if SQL did. */
  node: string | null
  scope: MessageScope
}
