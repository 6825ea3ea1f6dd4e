// eramjs/nestjs on NestJS 11.
import { facts } from '../facts.js'

facts(import.meta.dirname, { compiler: 'typescript', module: 'nodenext' })
