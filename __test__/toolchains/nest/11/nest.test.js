// eramjs/nestjs on NestJS 11.
import { facts, fakes, typeChecks } from '../facts.js'

facts(import.meta.dirname, { compiler: 'typescript', module: 'nodenext' })
fakes(import.meta.dirname, { compiler: 'typescript', module: 'nodenext' })
typeChecks(import.meta.dirname)
