// vitest 4.
import { nodeOf } from '../support/nodes.js'
import { testVitest } from './vitest.js'

testVitest(4, import.meta.dirname, nodeOf(24))
