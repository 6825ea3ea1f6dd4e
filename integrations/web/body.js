// Reads the body of a request as JSON, up to a limit.

import { ApiError } from './errors.js'

/**
 * @param {Request} request
 * @param {number} limit  bytes
 * @param {(text: string) => unknown} parse
 * @returns {Promise<unknown>} undefined without a body
 */
export async function readBody(request, limit, parse) {
  const text = await readText(request, limit)
  const type = request.headers.get('content-type')
  // Parsers of frameworks make {} of no body.
  if (text.trim() === '' || (type === null && text === '{}')) return undefined
  if (type === null) {
    throw new ApiError('NOT_JSON', 'expected the content type application/json, got none')
  }
  if (isDeep(text)) throw new ApiError('INVALID_JSON', `expected at most ${MAX_DEPTH} levels of nesting in the body, got more`)
  try {
    return parse(text)
  } catch (error) {
    // The message of the parser may echo the text.
    throw new ApiError('INVALID_JSON', `expected JSON in the body${placeOf(error)}`)
  }
}

/** @param {Request} request @param {number} limit */
async function readText({ body, headers }, limit) {
  const tooLarge = () => new ApiError('TOO_LARGE', `expected a body of at most ${limit} bytes, got more`)
  if (Number(headers.get('content-length') ?? 0) > limit) throw tooLarge()
  if (body === null) return ''
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let size = 0
  let text = ''
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new ApiError('INVALID_JSON', 'expected a body that arrives whole')
    })
    if (done) break
    size += value.byteLength
    if (size > limit) {
      await reader.cancel()
      throw tooLarge()
    }
    text += decoded(decoder, value)
  }
  return text + decoded(decoder)
}

/** @param {import('node:util').TextDecoder} decoder @param {Uint8Array} [chunk] */
function decoded(decoder, chunk) {
  try {
    return decoder.decode(chunk, { stream: chunk !== undefined })
  } catch {
    throw new ApiError('INVALID_JSON', 'expected a body in UTF-8')
  }
}

const MAX_DEPTH = 500

/** Whether brackets are nested deeper than the engine parses, at least by their number. @param {string} text */
function isDeep(text) {
  let depth = 0
  let inText = false
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]
    if (inText) {
      if (char === '\\') at += 1
      else if (char === '"') inText = false
    } else if (char === '"') inText = true
    else if (char === '[' || char === '{') depth += 1
    else if (char === ']' || char === '}') depth -= 1
    if (depth > MAX_DEPTH) return true
  }
  return false
}

/** @param {unknown} error */
function placeOf(error) {
  const [, place] = /position (\d+)/.exec(String(/** @type {Error} */ (error).message)) ?? []
  return place === undefined ? '' : `, got something else at position ${place}`
}
