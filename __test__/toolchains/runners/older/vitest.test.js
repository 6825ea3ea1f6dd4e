// vitest 3, on the oldest Node.js.
import { nodeOf } from '../../support/nodes.js'
import { testVitest } from '../vitest.js'

testVitest(3, import.meta.dirname, nodeOf(20))
