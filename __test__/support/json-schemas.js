// JSON Schemas of the declared types, as values of them are sent: Dates as texts, methods left out. For the description of the HTTP API.
import assert from 'node:assert/strict'
import path from 'node:path'
import ts from 'typescript-5.4'
import { ROOT } from './snippets.js'
import { files } from './sources.js'

/** @typedef {Record<string, any>} Schema */

const VIRTUAL = path.join(ROOT, '__schemas.ts')
const REF = '#/components/schemas/'

/**
 * @param {string[]} types  texts such as 'JobRow[] | null'
 * @param {(type: string, member: string) => boolean} isHidden  members that may be null, whatever their type says
 * @returns {{ of: (type: string) => Schema, components: Record<string, Schema> }}
 */
export function schemasOf(types, isHidden) {
  const declared = files('types', '.d.ts').map((file) => `export * from './${file.replace('.d.ts', '.js')}'`)
  const names = [...new Set(types.flatMap((type) => type.match(/\b[A-Z]\w+/g) ?? []))].filter((name) => !GLOBALS.includes(name))
  const aliases = types.map((type, at) => `export type T${at} = ${type}`)
  const text = `import type { ${names.join(', ')} } from './index.js'\n${declared.join('\n')}\n${aliases.join('\n')}`
  const checked = programOf(text)
  const components = /** @type {Record<string, Schema>} */ ({})
  const converter = new Converter(checked.checker, checked.exported, components, isHidden)
  const schemas = new Map(types.map((type, at) => [type, converter.schema(checked.typeNamed(`T${at}`))]))
  const sorted = Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1)))
  return { of: (type) => schemas.get(type) ?? assert.fail(type), components: sorted }
}

const GLOBALS = ['Date', 'Omit', 'Pick', 'Required', 'Partial', 'Record']

/** @param {string} text */
function programOf(text) {
  const options = { strict: true, lib: ['lib.es2023.d.ts'], types: ['node'], noEmit: true, module: ts.ModuleKind.NodeNext }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = (file) => file === VIRTUAL || fileExists(file)
  host.getSourceFile = (file, ...rest) =>
    file === VIRTUAL ? ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true) : getSourceFile.call(host, file, ...rest)
  const program = ts.createProgram([VIRTUAL], options, host)
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(VIRTUAL)
  const module = source && checker.getSymbolAtLocation(source)
  assert.ok(module)
  const exported = new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, symbol]))
  const typeNamed = (/** @type {string} */ name) => checker.getDeclaredTypeOfSymbol(exported.get(name) ?? assert.fail(name))
  return { checker, exported: new Set([...exported.keys()].filter((name) => !/^T\d+$/.test(name))), typeNamed }
}

class Converter {
  /**
   * @param {ts.TypeChecker} checker
   * @param {Set<string>} exported
   * @param {Record<string, Schema>} components
   * @param {(type: string, member: string) => boolean} isHidden
   */
  constructor(checker, exported, components, isHidden) {
    this.checker = checker
    this.exported = exported
    this.components = components
    this.isHidden = isHidden
  }

  /** @param {ts.Type} type @returns {Schema} */
  schema(type) {
    const name = this.#nameOf(type)
    if (name === undefined) return this.#inline(type, '')
    if (!(name in this.components)) {
      // Before its members, which may be of the same type.
      this.components[name] = {}
      const about = ts.displayPartsToString((type.aliasSymbol ?? type.symbol).getDocumentationComment(this.checker))
      this.components[name] = { ...described(about), ...this.#inline(type, name) }
    }
    return { $ref: REF + name }
  }

  /** The name of a declared object or union. @param {ts.Type} type */
  #nameOf(type) {
    const name = type.aliasSymbol?.name ?? type.symbol?.name
    const isOwn = name !== undefined && this.exported.has(name) && name !== 'JsonObject'
    return isOwn && !(type.flags & ts.TypeFlags.StringLiteral) ? name : undefined
  }

  /** @param {ts.Type} type @param {string} name @returns {Schema} */
  #inline(type, name) {
    const { flags } = type
    if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.TypeParameter)) return {}
    if (flags & ts.TypeFlags.StringLiteral) return { type: 'string', const: /** @type {ts.StringLiteralType} */ (type).value }
    if (flags & ts.TypeFlags.NumberLiteral) return { type: 'number', const: /** @type {ts.NumberLiteralType} */ (type).value }
    if (flags & ts.TypeFlags.BooleanLiteral) return { type: 'boolean', const: this.checker.typeToString(type) === 'true' }
    if (flags & ts.TypeFlags.String) return { type: 'string' }
    if (flags & ts.TypeFlags.Number) return { type: 'number' }
    if (flags & ts.TypeFlags.Boolean) return { type: 'boolean' }
    if (flags & ts.TypeFlags.Null) return { type: 'null' }
    if (type.isUnion()) return this.#union(type)
    if (this.checker.isTupleType(type)) return this.#tuple(/** @type {ts.TupleTypeReference} */ (type))
    if (this.checker.isArrayType(type)) {
      const [item] = this.checker.getTypeArguments(/** @type {ts.TypeReference} */ (type))
      return { type: 'array', items: item ? this.schema(item) : {} }
    }
    if (type.symbol?.name === 'Date') return { type: 'string', format: 'date-time' }
    const toJson = type.getProperty('toJSON')
    if (toJson) {
      const [signature] = this.checker.getTypeOfSymbol(toJson).getCallSignatures()
      if (signature) return this.schema(signature.getReturnType())
    }
    return this.#object(type, name)
  }

  /** @param {ts.UnionType} type @returns {Schema} */
  #union({ types }) {
    const given = types.filter(({ flags }) => !(flags & ts.TypeFlags.Undefined)).filter((each) => each.getCallSignatures().length === 0)
    const isBoolean = given.filter(({ flags }) => flags & ts.TypeFlags.BooleanLiteral).length === 2
    const others = isBoolean ? given.filter(({ flags }) => !(flags & ts.TypeFlags.BooleanLiteral)) : given
    const literals = others.filter((each) => each.isStringLiteral())
    const rest = others.filter((each) => !each.isStringLiteral() && each.getConstructSignatures().length === 0)
    const schemas = [
      ...(isBoolean ? [{ type: 'boolean' }] : []),
      ...(literals.length > 0 ? [{ type: 'string', enum: literals.map((each) => /** @type {ts.StringLiteralType} */ (each).value) }] : []),
      ...rest.map((each) => this.schema(each)),
    ]
    const unique = [...new Map(schemas.map((each) => [JSON.stringify(each), each])).values()]
    if (unique.some((each) => Object.keys(each).length === 0)) return {}
    if (unique.length === 1 && unique[0]) return unique[0]
    // A plain type and null: { type: ['string', 'null'] }.
    if (unique.length === 2 && unique.every((each) => typeof each.type === 'string' && !('enum' in each) && !('const' in each))) {
      const plain = unique.find(({ type }) => type !== 'null')
      if (plain && unique.some(({ type }) => type === 'null')) return { ...plain, type: [plain.type, 'null'] }
    }
    return { anyOf: unique }
  }

  /** @param {ts.TupleTypeReference} type @returns {Schema} */
  #tuple(type) {
    const items = this.checker.getTypeArguments(type).map((each) => this.schema(each))
    return { type: 'array', prefixItems: items, minItems: type.target.minLength, maxItems: items.length }
  }

  /** @param {ts.Type} type @param {string} name @returns {Schema} */
  #object(type, name) {
    /** @type {Record<string, Schema>} */
    const properties = {}
    /** @type {string[]} */
    const required = []
    for (const member of type.getProperties()) {
      const of = this.checker.getTypeOfSymbol(member)
      const isMethod = of.getCallSignatures().length > 0
      if (isMethod) continue
      const about = ts.displayPartsToString(member.getDocumentationComment(this.checker))
      const schema = this.schema(of)
      const shown = this.isHidden(name, member.name) && Object.keys(schema).length > 0 ? { anyOf: [schema, { type: 'null' }] } : schema
      properties[member.name] = { ...described(about), ...shown }
      if (!(member.flags & ts.SymbolFlags.Optional)) required.push(member.name)
    }
    const index = type.getStringIndexType()
    return {
      type: 'object',
      ...(Object.keys(properties).length > 0 && { properties }),
      ...(required.length > 0 && { required }),
      ...(index && Object.keys(properties).length === 0 && { additionalProperties: this.schema(index) }),
      ...(index && Object.keys(properties).length > 0 && { additionalProperties: true }),
    }
  }
}

/** @param {string} about */
function described(about) {
  return about === '' ? {} : { description: about.replaceAll(/\{@link (?:EramEngine\.)?([^}]+)\}/g, '`$1`') }
}
