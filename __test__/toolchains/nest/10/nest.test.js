// eramjs/nestjs on NestJS 10.
import { facts } from '../facts.js'

facts(import.meta.dirname, { compiler: 'typescript-5.4', module: 'commonjs' })
