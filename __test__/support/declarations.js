// Reads the public contract, index.d.ts with the files of types/, for tests that hold code and documents against it.
import assert from 'node:assert/strict'
import ts from 'typescript-5.4'
import { files, read } from './sources.js'

/** The entry, and the files that it exports. */
export const DECLARATIONS = ['index.d.ts', ...files('types', '.d.ts')]

/** All declarations as one text. */
export const text = DECLARATIONS.map(read).join('\n')

/** @param {string} file */
const statementsOf = (file) => [...ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, true).statements]

const statements = DECLARATIONS.flatMap(statementsOf)

/** @param {any} node @param {number} flag */
const has = (node, flag) => (ts.getCombinedModifierFlags(node) & flag) !== 0

/**
 * The names of the exported classes and functions, which exist at runtime as well.
 *
 * @param {string} [file] that declares them, instead of the entry
 */
export function exportedValues(file) {
  const values = (file ? statementsOf(file) : statements).filter(
    (each) => (ts.isClassDeclaration(each) || ts.isFunctionDeclaration(each)) && has(each, ts.ModifierFlags.Export),
  )
  // A function with overloads has several declarations.
  return [...new Set(values.map((each) => /** @type {any} */ (each).name.text))].sort()
}

/** @typedef {{ name: string, static: boolean, optional: boolean }} Member */

/**
 * The named members of a class or an interface, with those of the interfaces that it extends.
 *
 * @param {string} name
 * @returns {Member[]}
 */
export function membersOf(name) {
  const found = statements.filter((each) => (ts.isClassDeclaration(each) || ts.isInterfaceDeclaration(each)) && each.name?.text === name)
  assert.ok(found.length > 0, `types: expected a class or an interface ${name}`)
  return found.flatMap((each) => {
    const { members, heritageClauses = [] } = /** @type {import('typescript-5.4').InterfaceDeclaration} */ (each)
    const parents = heritageClauses.flatMap(({ types }) => types.map(({ expression }) => expression.getText())).filter(isMembered)
    const own = members.flatMap((member) => {
      if (!member.name) return []
      const { text } = /** @type {{ text?: string }} */ (member.name)
      return {
        name: text ?? member.name.getText(),
        static: has(member, ts.ModifierFlags.Static),
        optional: 'questionToken' in member && !!member.questionToken,
      }
    })
    return [...parents.flatMap(membersOf), ...own]
  })
}

/** Whether members of it can be listed: an alias or a class of JavaScript's has none here. @param {string} name */
const isMembered = (name) =>
  statements.some((each) => (ts.isClassDeclaration(each) || ts.isInterfaceDeclaration(each)) && each.name?.text === name)

/** The names of the members of a class or an interface, each once. @param {string} name */
export const memberNames = (name) => [...new Set(membersOf(name).map((member) => member.name))].sort()

/**
 * The texts of a union of texts, in their order.
 *
 * @param {string} name
 * @returns {string[]}
 */
export function unionOf(name) {
  const alias = statements.find((each) => ts.isTypeAliasDeclaration(each) && each.name.text === name)
  assert.ok(alias, `types: expected a union ${name}`)
  const { type } = /** @type {import('typescript-5.4').TypeAliasDeclaration} */ (alias)
  assert.ok(ts.isUnionTypeNode(type), `types: expected a union ${name}, got ${type.getText()}`)
  return type.types.flatMap((each) => (ts.isLiteralTypeNode(each) && ts.isStringLiteral(each.literal) ? [each.literal.text] : []))
}
