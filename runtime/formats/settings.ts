// The settings that formats honour, under ClickHouse's names, with its defaults.
import { DBError } from '../core/errors.ts'
import { TimeZone } from '../types/timeZone.ts'
import type { DataType } from '../types/dataType.ts'
import type { Value } from '../types/value.ts'

/** Name and default of every setting that a format reads. The default's type is the setting's. */
export const formatSettingDefaults = {
  date_time_input_format: 'best_effort',
  date_time_output_format: 'simple',
  format_binary_max_array_size: 1073741824,
  format_binary_max_string_size: 1073741824,
  format_csv_allow_double_quotes: true,
  format_csv_allow_single_quotes: false,
  format_csv_delimiter: ',',
  format_csv_null_representation: '\\N',
  format_custom_escaping_rule: 'Escaped',
  format_custom_field_delimiter: '\t',
  format_custom_result_after_delimiter: '',
  format_custom_result_before_delimiter: '',
  format_custom_row_after_delimiter: '\n',
  format_custom_row_before_delimiter: '',
  format_custom_row_between_delimiter: '',
  format_regexp: '',
  format_regexp_escaping_rule: 'Raw',
  format_regexp_skip_unmatched: false,
  format_template_resultset: '',
  format_template_resultset_format: '',
  format_template_row: '',
  format_template_row_format: '',
  format_template_rows_between_delimiter: '\n',
  format_tsv_null_representation: '\\N',
  input_format_allow_errors_num: 0,
  input_format_allow_errors_ratio: 0,
  input_format_csv_allow_variable_number_of_columns: false,
  input_format_csv_allow_whitespace_or_tab_as_delimiter: false,
  input_format_csv_deserialize_separate_columns_into_tuple: true,
  input_format_csv_detect_header: true,
  input_format_csv_empty_as_default: true,
  input_format_csv_skip_first_lines: 0,
  input_format_csv_trim_whitespaces: true,
  input_format_csv_use_default_on_bad_values: false,
  input_format_defaults_for_omitted_fields: true,
  input_format_import_nested_json: false,
  input_format_json_read_bools_as_numbers: true,
  input_format_json_read_numbers_as_strings: true,
  input_format_json_read_objects_as_strings: true,
  input_format_max_rows_to_read_for_schema_inference: 25000,
  input_format_null_as_default: true,
  input_format_skip_unknown_fields: true,
  input_format_try_infer_dates: true,
  input_format_try_infer_datetimes: true,
  input_format_try_infer_integers: true,
  input_format_tsv_allow_variable_number_of_columns: false,
  input_format_tsv_crlf_end_of_line: false,
  input_format_tsv_detect_header: true,
  input_format_tsv_empty_as_default: false,
  input_format_tsv_skip_first_lines: 0,
  input_format_values_interpret_expressions: true,
  input_format_with_names_use_header: true,
  input_format_with_types_use_header: true,
  column_names_for_schema_inference: '',
  schema_inference_hints: '',
  output_format_csv_crlf_end_of_line: false,
  output_format_csv_serialize_tuple_into_separate_columns: true,
  output_format_decimal_trailing_zeros: false,
  output_format_json_array_of_rows: false,
  output_format_json_escape_forward_slashes: true,
  output_format_json_map_as_array_of_tuples: false,
  output_format_json_named_tuples_as_objects: true,
  output_format_json_pretty_print: true,
  output_format_json_quote_64bit_floats: false,
  output_format_json_quote_64bit_integers: false,
  output_format_json_quote_decimals: false,
  output_format_json_quote_denormals: false,
  output_format_json_validate_utf8: false,
  output_format_markdown_escape_special_characters: false,
  output_format_pretty_color: 'auto',
  output_format_pretty_display_footer_column_names: 1,
  output_format_pretty_display_footer_column_names_min_rows: 50,
  output_format_pretty_fallback_to_vertical: true,
  output_format_pretty_fallback_to_vertical_max_rows_per_chunk: 10,
  output_format_pretty_fallback_to_vertical_min_columns: 5,
  output_format_pretty_fallback_to_vertical_min_table_width: 250,
  output_format_pretty_grid_charset: 'UTF-8',
  output_format_pretty_highlight_digit_groups: true,
  output_format_pretty_max_column_name_width_cut_to: 24,
  output_format_pretty_max_column_name_width_min_chars_to_cut: 4,
  output_format_pretty_max_column_pad_width: 250,
  output_format_pretty_max_rows: 1000,
  output_format_pretty_max_value_width: 10000,
  output_format_pretty_max_value_width_apply_for_single_value: 0,
  output_format_pretty_multiline_fields: true,
  output_format_pretty_row_numbers: true,
  output_format_pretty_single_large_number_tip_threshold: 1000000,
  output_format_sql_insert_include_column_names: true,
  output_format_sql_insert_max_batch_size: 65409,
  output_format_sql_insert_quote_names: true,
  output_format_sql_insert_table_name: 'table',
  output_format_sql_insert_use_replace: false,
  output_format_tsv_crlf_end_of_line: false,
  output_format_values_escape_quote_with_quote: false,
  output_format_write_statistics: true,
}

export type FormatSettings = Readonly<typeof formatSettingDefaults>

/** What a reader or writer is told beside its schema. */
export interface FormatOptions {
  readonly settings: FormatSettings
  /** For DateTime and DateTime64 whose types state none. */
  readonly zone: TimeZone
  /** Rows of a chunk that a reader gives, at most (Native gives its blocks as they are). */
  readonly rowsMax: number
  /** Values: an SQL expression's value, as the type. Absent: only literals are understood. */
  readonly evaluate?: (expression: string, type: DataType) => Value
}

/**
 * Options from a lookup of settings: undefined leaves the default, numbers, bigints and text of numbers are all accepted. Unknown
 * names are never asked for.
 */
export function formatOptions(
  setting: (name: string) => Value | boolean | undefined = () => undefined,
  more: { zone?: TimeZone; rowsMax?: number; evaluate?: FormatOptions['evaluate'] } = {},
): FormatOptions {
  const settings: Record<string, boolean | number | string> = {}
  for (const [name, otherwise] of Object.entries(formatSettingDefaults)) {
    const given = setting(name)
    settings[name] = given === undefined || given === null ? otherwise : settingValue(name, given, otherwise)
  }
  if ((settings.format_csv_delimiter as string).length !== 1)
    throw new DBError('BAD_ARGUMENTS', 'A setting format_csv_delimiter must have exactly one character')
  return {
    settings: settings as unknown as FormatSettings,
    zone: more.zone ?? TimeZone.get('UTC'),
    rowsMax: more.rowsMax ?? 65536,
    evaluate: more.evaluate,
  }
}

function settingValue(
  name: string,
  given: Exclude<Value, null> | boolean,
  otherwise: boolean | number | string,
): boolean | number | string {
  if (typeof otherwise === 'string') return String(given)
  const text = String(given).toLowerCase()
  const number = text === 'true' ? 1 : text === 'false' ? 0 : Number(text)
  if (text === '' || Number.isNaN(number))
    throw new DBError('CANNOT_PARSE_NUMBER', `Cannot parse ${JSON.stringify(text)} as the value of setting ${name}`)
  return typeof otherwise === 'boolean' ? number !== 0 : number
}
