// convertCharset(): texts between encodings, by the host's decoders. Encoders of one byte a character are the decoders turned round.
import { DBError } from '../core/errors.ts'
import { decodeText, encodeText } from '../core/text.ts'
import { type ArgumentInfo, defineFunction, type FunctionDefinition } from './function.ts'
import { isPlainString, isString, mapBytes, stringType } from './stringRows.ts'

type Encoder = (text: string) => Uint8Array

/** What stands for a character that an encoding has not. */
const substitute = 0x1a

const encoders = new Map<string, Encoder>()

function decoderOf(name: string): TextDecoder {
  try {
    return new TextDecoder(name === 'utf16' ? 'utf-16' : name)
  } catch {
    throw new DBError('CANNOT_CREATE_CHARSET_CONVERTER', `Cannot create UConverter with charset ${name}`)
  }
}

function utf16(text: string, isLittle: boolean): Uint8Array {
  const bytes = new Uint8Array(text.length * 2)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), isLittle)
  return bytes
}

/** By a table of what each byte means. */
function singleByte(decoder: TextDecoder, name: string): Encoder {
  const codes = new Map<string, number>()
  for (let byte = 255; byte >= 0; byte--) {
    const character = decoder.decode(Uint8Array.of(byte))
    if (character.length === 1 && character !== '\ufffd') codes.set(character, byte)
  }
  // The web's name for ISO 8859-1 is Windows-1252; ISO's own has the control characters there.
  if (/^(iso-?8859-?1|latin-?1)$/i.test(name))
    for (let byte = 0; byte < 256; byte++) codes.set(String.fromCharCode(byte), byte)
  return text => Uint8Array.from(text, character => codes.get(character) ?? substitute)
}

function encoderOf(name: string): Encoder {
  let encoder = encoders.get(name)
  if (encoder) return encoder
  const decoder = decoderOf(name)
  if (decoder.encoding === 'utf-8') encoder = encodeText
  else if (decoder.encoding === 'utf-16le') encoder = text => utf16(text, true)
  else if (decoder.encoding === 'utf-16be') encoder = text => utf16(text, false)
  else if (/^(windows-|iso-8859-|koi8-|ibm866|macintosh|x-mac)/.test(decoder.encoding))
    encoder = singleByte(decoder, name)
  else throw new DBError('NOT_IMPLEMENTED', `Texts cannot be written in charset ${name}`)
  encoders.set(name, encoder)
  return encoder
}

function charsetOf({ type, constant }: ArgumentInfo): string {
  if (!isPlainString(type))
    throw new DBError('ILLEGAL_TYPE_OF_ARGUMENT', `Illegal type ${type.name} of a charset of function convertCharset`)
  if (typeof constant !== 'string') throw new DBError('ILLEGAL_COLUMN', 'Charsets of convertCharset must be constant')
  return constant
}

export const charsets: readonly FunctionDefinition[] = [
  defineFunction({
    name: 'convertCharset',
    about: 'A text in another encoding.',
    category: 'String',
    arguments: [{ name: 's', accepts: isString }, { name: 'from' }, { name: 'to' }],
    constants: 'keep',
    returns: ([, from, to]) => {
      for (const charset of [from, to]) if (charset.constant !== undefined) decoderOf(charsetOf(charset))
      return stringType
    },
    run: ([s], { rows, arena, arguments: args }) => {
      const from = decoderOf(charsetOf(args[1]))
      const encode = encoderOf(charsetOf(args[2]))
      const decode = from.encoding === 'utf-8' ? decodeText : (bytes: Uint8Array) => from.decode(bytes.slice())
      return mapBytes(s, arena, rows, (bytes, out) => out.bytes(encode(decode(bytes))))
    },
    examples: [["SELECT hex(convertCharset('Café', 'UTF-8', 'ISO-8859-1'))", '436166E9']],
  }),
]
