// ts-node, with the guide's commands.
import { testLines } from './lines.js'

testLines('ts-node')
