// tsx, with the guide's commands.
import { testLines } from './lines.js'

testLines('tsx')
