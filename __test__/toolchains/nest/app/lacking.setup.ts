// A setup file whose module lacks a job.
import { nestSetup } from 'eramjs/nestjs'
import { LackingModule } from './natives.module'

export default nestSetup(async () => LackingModule)
