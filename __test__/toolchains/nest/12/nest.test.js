// eramjs/nestjs on NestJS 12, whose own packages are ES modules.
import { facts } from '../facts.js'

facts(import.meta.dirname, { compiler: 'typescript', module: 'nodenext' })
facts(import.meta.dirname, { compiler: 'typescript', module: 'nodenext', esm: true })
