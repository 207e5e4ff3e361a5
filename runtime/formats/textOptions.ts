// What the text kernels' callers are told, from a format's settings.
import { defaultParseOptions, type ParseOptions } from '../columns/parse.ts'
import type { PrintOptions } from '../columns/print.ts'
import type { FormatOptions } from './settings.ts'

export function printOptions({ settings, zone }: FormatOptions, nullText: string): PrintOptions {
  return {
    zone,
    nullText,
    dateTimeFormat: settings.date_time_output_format as PrintOptions['dateTimeFormat'],
    decimalTrailingZeros: settings.output_format_decimal_trailing_zeros,
    quote64BitIntegers: settings.output_format_json_quote_64bit_integers,
    quote64BitFloats: settings.output_format_json_quote_64bit_floats,
    quoteDecimals: settings.output_format_json_quote_decimals,
    quoteDenormals: settings.output_format_json_quote_denormals,
    escapeSlashes: settings.output_format_json_escape_forward_slashes,
    namedTuplesAsObjects: settings.output_format_json_named_tuples_as_objects,
    mapAsArrayOfTuples: settings.output_format_json_map_as_array_of_tuples,
    indent: null,
  }
}

export function parseOptions({ settings, zone }: FormatOptions): ParseOptions {
  return {
    ...defaultParseOptions,
    zone,
    bestEffort: settings.date_time_input_format !== 'basic',
    nullAsDefault: settings.input_format_null_as_default,
  }
}
