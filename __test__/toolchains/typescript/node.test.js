// Node.js itself, which strips types, with the guide's commands.
import { testLines } from './lines.js'

testLines('node', { stripped: true })
