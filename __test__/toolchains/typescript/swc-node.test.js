// @swc-node/register, with the guide's commands.
import { testLines } from './lines.js'

testLines('@swc-node/register')
