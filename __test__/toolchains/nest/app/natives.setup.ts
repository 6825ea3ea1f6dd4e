// The setup file of job processes.
import { nestSetup } from 'eramjs/nestjs'
import { NativesModule } from './natives.module'

export default nestSetup(() => NativesModule)
