// Gives the jobs in threads a container of their own.
import { nestSetup } from 'eramjs/nestjs'
import { ThreadsModule } from './jobs/threads.module'

export default nestSetup(() => ThreadsModule)
