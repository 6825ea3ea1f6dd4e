// vitest 5, which needs Node.js 22.
import { nodeOf } from '../../support/nodes.js'
import { testVitest } from '../vitest.js'

testVitest(5, import.meta.dirname, nodeOf(22))
