// The part of a host that its owner registered: the label in front of its public suffix. Suffixes of one label are any; of those of two
// the kinds that registries of countries share, and some that are used much, are known here.
import { DBError } from '../core/errors.ts'
import { type Call, defineFunction, type FunctionDefinition } from './function.ts'
import type { Column } from '../columns/column.ts'
import { fillStrings, isPlainString, mapTexts, stringsOf, stringType } from './stringRows.ts'

const category = 'URL'

/** Second labels under top-level domains of countries. */
const kinds = new Set(
  `ac ad adm adv agro asso biz co com conf coop csiro cul db ed edu ernet fam firm fm g gen go gob gok gos gouv gov govt
gub gv id idf ind inf info infra int jus k12 kr law lg lib ltd me mi mil mobi mod mus museum name nat ne net nhs nic nom
nome nsw or org oz parliament plc police post press priv pro prof pub publ qld ras res sc sch school sci sld store stv
store tas tel tm tv univ vet vic wa web`.split(/\s+/),
)
const known = new Set(
  `github.io gitlab.io blogspot.com herokuapp.com appspot.com azurewebsites.net cloudfront.net msk.ru spb.ru pp.ru msk.su
spb.su eu.org uk.com us.com de.com gb.net vercel.app netlify.app pages.dev workers.dev web.app firebaseapp.com
cloudapp.net in.ua kiev.ua lviv.ua od.ua dp.ua`.split(/\s+/),
)

function isSuffix(second: string, top: string): boolean {
  return (top.length === 2 && kinds.has(second)) || known.has(`${second}.${top}`)
}

/** Where the significant part starts. */
function significantStart(host: string): number {
  const last = host.lastIndexOf('.')
  const before = last > 0 ? host.lastIndexOf('.', last - 1) : -1
  if (before < 0) return 0
  if (!isSuffix(host.slice(before + 1, last), host.slice(last + 1))) return before + 1
  return host.lastIndexOf('.', before - 1) + 1
}

const cut = (host: string): string => host.slice(significantStart(host))
const first = (host: string): string => cut(host).split('.')[0]

/** The kernel's numbers of parts of a URL. */
const parts = { '': 0, RFC: 1, withoutWww: 2, withoutWwwRFC: 3 }

function hostsOf(url: Column, part: number, { arena, rows, memory }: Call) {
  const strings = stringsOf(url, arena)
  return fillStrings(arena, rows, strings.textSize, (offsets, target) =>
    memory.kernels.pickUrl(strings.offsets, strings.bytes, rows, part, offsets, target),
  )
}

const significant = (name: string, part: number, pick: (host: string) => string, about: string): FunctionDefinition =>
  defineFunction({
    name,
    about,
    category,
    arguments: [{ name: 'url', accepts: isPlainString }],
    returns: () => stringType,
    run: ([url], call) => {
      const hosts = hostsOf(url, part, call)
      const texts = Array.from({ length: call.rows }, (_, row) => pick(hosts.valueAt(row) as string))
      return mapTexts(call.arena, call.rows, row => texts[row])
    },
  })

/** Lists of suffixes are configured where there is a configuration; here there are none. */
const custom = (name: string): FunctionDefinition =>
  defineFunction({
    name,
    about: 'As the function without Custom, by a list of suffixes of the configuration.',
    category,
    arguments: [
      { name: 'url', accepts: isPlainString },
      { name: 'tld', accepts: isPlainString, constant: true },
    ],
    constants: 'keep',
    returns: () => stringType,
    run: (_, { arguments: args }) => {
      throw new DBError('TLD_LIST_NOT_FOUND', `TLD list ${String(args[1].constant)} does not exist`)
    },
  })

export const significantDomains: readonly FunctionDefinition[] = (['', 'RFC'] as const).flatMap(form => {
  const withoutWww = form === '' ? parts.withoutWww : parts.withoutWwwRFC
  return [
    significant(`firstSignificantSubdomain${form}`, withoutWww, first, 'The label in front of the public suffix.'),
    significant(
      `cutToFirstSignificantSubdomain${form}`,
      withoutWww,
      cut,
      'The host from the label in front of the public suffix on.',
    ),
    significant(
      `cutToFirstSignificantSubdomainWithWWW${form}`,
      parts[form],
      cut,
      'As cutToFirstSignificantSubdomain, with `www.` where nothing else is in front.',
    ),
    custom(`firstSignificantSubdomainCustom${form}`),
    custom(`cutToFirstSignificantSubdomainCustom${form}`),
    custom(`cutToFirstSignificantSubdomainCustomWithWWW${form}`),
  ]
})
