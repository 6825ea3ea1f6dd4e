// Reads the methods of the public contract with TypeScript's checker, for tests that hold the table of operations against them.
import assert from 'node:assert/strict'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript-5.4'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const program = ts.createProgram([path.join(ROOT, 'index.d.ts')], { strict: true, lib: ['lib.es2023.d.ts'], types: ['node'], noEmit: true })
const checker = program.getTypeChecker()

/**
 * @typedef {object} Method
 * @property {string[]} parameters
 * @property {Map<string, boolean>} options  each parameter that is not an object of options, and each member of one; whether required
 * @property {string[]} dates  paths of Dates in what it resolves to
 * @property {string[]} types  names of the declared types in what it resolves to
 */

/** The type of a class or interface, or of the class's static side. @param {string} name @param {boolean} isStatic */
function typeNamed(name, isStatic) {
  const entry = program.getSourceFile(path.join(ROOT, 'index.d.ts'))
  assert.ok(entry)
  const module = checker.getSymbolAtLocation(entry)
  const symbol = module && checker.getExportsOfModule(module).find((each) => each.name === name)
  assert.ok(symbol, `types: expected ${name}`)
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  return isStatic ? checker.getTypeOfSymbol(target) : checker.getDeclaredTypeOfSymbol(target)
}

/**
 * A method, with all of its overloads.
 * @param {string} owner
 * @param {string} name
 * @param {{ static: boolean }} which
 * @returns {Method}
 */
export function methodOfType(owner, name, which) {
  const symbol = typeNamed(owner, which.static).getProperty(name)
  assert.ok(symbol, `${owner}: expected a method ${name}`)
  const signatures = checker.getTypeOfSymbol(symbol).getCallSignatures()
  assert.ok(signatures.length > 0, `${owner}.${name}: expected a method`)
  /** @type {string[]} */
  let parameters = []
  /** @type {Map<string, boolean>} */
  const options = new Map()
  /** @type {Set<string>} */
  const dates = new Set()
  /** @type {Set<string>} */
  const types = new Set()
  for (const signature of signatures) {
    const names = signature.parameters.map((each) => each.name)
    if (names.length > parameters.length) parameters = names
    /** @type {Map<string, boolean>} */
    const own = new Map()
    for (const parameter of signature.parameters) addOptions(parameter, own)
    // Required is what every overload requires.
    for (const [option, required] of own) options.set(option, required && options.get(option) !== false)
    const [answer] = checker.getTypeArguments(/** @type {ts.TypeReference} */ (signature.getReturnType()))
    assert.ok(answer, `${owner}.${name}: expected a promise`)
    addDates(answer, [], dates)
    const generic = (signature.typeParameters ?? []).map(({ symbol }) => symbol.name)
    for (const [type] of checker.typeToString(answer).matchAll(/\b[A-Z]\w+/g)) if (!generic.includes(type)) types.add(type)
  }
  return { parameters, options, dates: [...dates].sort(), types: [...types].sort() }
}

/** Objects of options, whose members count. The other objects are values. */
const OBJECTS = ['options', 'filter', 'queue']

/** @param {ts.Symbol} parameter @param {Map<string, boolean>} options */
function addOptions(parameter, options) {
  const declaration = /** @type {ts.ParameterDeclaration} */ (parameter.valueDeclaration)
  const isOptional = checker.isOptionalParameter(declaration)
  if (!OBJECTS.includes(parameter.name) || parameter.name === 'queue') options.set(parameter.name, !isOptional)
  if (!OBJECTS.includes(parameter.name)) return
  const type = checker.getNonNullableType(checker.getTypeOfSymbol(parameter))
  for (const each of type.isUnion() ? type.types : [type]) {
    if (!(each.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))) continue
    for (const member of each.getProperties()) {
      const required = !(member.flags & ts.SymbolFlags.Optional) && !(isOptional && parameter.name === 'filter')
      options.set(member.name, required || options.get(member.name) === true)
    }
  }
}

/** @param {ts.Type} given @param {string[]} at @param {Set<string>} found */
function addDates(given, at, found) {
  const type = checker.getNonNullableType(given)
  if (type.isUnion()) {
    for (const each of type.types) addDates(each, at, found)
  } else if (checker.isArrayType(type)) {
    for (const each of checker.getTypeArguments(/** @type {ts.TypeReference} */ (type))) addDates(each, at, found)
  } else if (type.symbol?.name === 'Date') {
    found.add(at.join('.'))
  } else if (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection) && at.length < 3) {
    for (const member of type.getProperties()) addDates(checker.getTypeOfSymbol(member), [...at, member.name], found)
  }
}
