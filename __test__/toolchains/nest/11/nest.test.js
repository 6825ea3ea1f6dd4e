// eramjs/nestjs on NestJS 11.
import { facts, typeChecks } from '../facts.js'

facts(import.meta.dirname, { compiler: 'typescript', module: 'nodenext' })
typeChecks(import.meta.dirname)
