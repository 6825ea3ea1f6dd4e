// The leaders of the cluster: one for each name of engines. The engine that answers may have another name than those that work.
import { Fragment } from 'preact'
import { nodeHref } from '../router.ts'
import { t } from '../strings.en.ts'
import type { Node } from '../types.ts'

export function Leaders({ nodes, class: own }: { nodes: readonly Node[]; class?: string }) {
  const leaders = nodes.filter(({ leader }) => leader)
  if (leaders.length === 0) return null
  return (
    <span class={own}>
      {t.leads}{' '}
      {leaders.map(({ node }, n) => (
        <Fragment key={node}>
          {n > 0 && ', '}
          <a href={nodeHref(node)}>
            <bdi>{node}</bdi>
          </a>
        </Fragment>
      ))}
    </span>
  )
}
