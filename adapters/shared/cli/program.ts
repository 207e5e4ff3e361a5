import { readFileSync } from 'node:fs'
import { Command, InvalidArgumentError, Option } from 'commander'
import { DBError } from '../../../runtime/core/errors.ts'
import type { Platform } from '../../../runtime/platform.ts'
import type { PlatformOptions } from '../hostPlatform.ts'
import type { Listen } from '../listen.ts'
import { client } from './client.ts'
import { UsageError } from './config.ts'
import { keeperCommand } from './keeper.ts'
import { local } from './local.ts'
import { publishCommand } from './publish.ts'
import { server } from './server.ts'

/** What a runtime brings along. */
export interface CliHost {
  readonly platform: (options: PlatformOptions) => Platform
  readonly listen: Listen
}

const version = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version as string

const whole = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Write a whole number.')
  return Number(text)
}
const collect = (text: string, list: string[]): string[] => [...list, text]
const setting = (text: string, settings: Record<string, string>): Record<string, string> => {
  const equals = text.indexOf('=')
  if (equals < 1) throw new InvalidArgumentError('Write name=value.')
  return { ...settings, [text.slice(0, equals)]: text.slice(equals + 1) }
}
const settingOption = () =>
  new Option('--setting <name=value>', 'a setting, may be repeated').argParser(setting).default({}, 'none')

/** Parses the command line and runs what it says; sets the exit code. */
export function runProgram(runtime: CliHost): void {
  const program = new Command('granary')
    .description('A columnar analytics database that speaks ClickHouse and runs wherever JavaScript runs.')
    .version(version)
    .showHelpAfterError('(granary --help tells more)')

  program
    .command('server')
    .description('Serve a data directory over HTTP, as ClickHouse does.')
    .option('--path <directory>', 'where the data lies (default: ./data)')
    .option('--http-port <port>', 'port of the HTTP interface (default: 8123)', whole)
    .option('--host <address>', 'address to listen on; another than this machine needs a password (default: 127.0.0.1)')
    .option('--config <file>', 'configuration as JSON; options of the command line go before it')
    .option('--max-threads <count>', 'worker threads (default: as many as there are cores)', whole)
    .option('--zookeeper <servers>', 'ZooKeeper, or what speaks its protocol, as host:port,host:port/chroot')
    .option('--demo', 'load three million flights at the first start, and show what to ask them', false)
    .addOption(logLevel())
    .addHelpText(
      'after',
      `
GRANARY_PASSWORD in the environment is the password of the user "default".

Examples:
  granary server --path ./data
  granary server --demo
  GRANARY_PASSWORD=secret granary server --host 0.0.0.0`,
    )
    .action(async options => {
      const { path, httpPort, host, maxThreads, logLevel } = options
      const given = Object.entries({ path, httpPort, host, maxThreads, logLevel }).filter(
        ([, value]) => value !== undefined,
      )
      await finish(
        server(runtime, {
          config: options.config,
          zooKeeper: options.zookeeper,
          demo: options.demo,
          overrides: Object.fromEntries(given),
        }),
      )
    })

  program
    .command('local')
    .description('Query files, a data directory, or nothing at all, without a server.')
    .option('-q, --query <sql>', 'statements to run, separated by ;')
    .option('--queries-file <file>', 'a file of statements')
    .option('--path <directory>', 'data directory; without it everything is in memory')
    .option(
      '-f, --file <file>',
      'a file that becomes a table of its name (.csv .tsv .json .jsonl .parquet .native, also .gz .br .zst); may be repeated',
      collect,
      [],
    )
    .option('--stdin <table>', 'standard input becomes a table of this name')
    .option('--input-format <format>', 'format of the files, where their names do not tell it, and of standard input')
    .option('--structure <columns>', "columns of the input, as 'a UInt8, b String', where it does not tell them")
    .option('--format <format>', 'output format (default: PrettyCompact on a terminal, else TabSeparated)')
    .option('--max-threads <count>', 'worker threads', whole)
    .addOption(settingOption())
    .addHelpText(
      'after',
      `
Without --query it reads statements from the terminal.

Examples:
  granary local --query 'SELECT sum(number) FROM numbers(1000000)'
  granary local --file sales.csv --query 'SELECT region, sum(amount) FROM sales GROUP BY region'
  cat log.tsv | granary local --stdin t --structure 'time DateTime, text String' --query 'SELECT count() FROM t'`,
    )
    .action(async ({ file, setting: settings, ...options }) => {
      await finish(local(runtime, { ...options, files: file, settings }))
    })

  program
    .command('client')
    .description('Ask a Granary or ClickHouse server over HTTP.')
    .option('--url <url>', 'where the server is', 'http://127.0.0.1:8123')
    .option('-q, --query <sql>', 'statements to run, separated by ;')
    .option('--queries-file <file>', 'a file of statements')
    .option('-u, --user <name>', 'user', 'default')
    .addOption(new Option('--password <password>', 'password').env('GRANARY_PASSWORD').default('', 'none'))
    .option('-d, --database <name>', 'database that names without one are looked up in')
    .option('--format <format>', 'output format (default: PrettyCompact on a terminal, else TabSeparated)')
    .addOption(settingOption())
    .addHelpText(
      'after',
      `
Without --query it reads statements from the terminal: they end with ; and may span lines. Ctrl-C cancels.
The exit code is 0, or that of the error modulo 256.

Examples:
  granary client --query 'SHOW TABLES'
  granary client --query 'INSERT INTO t FORMAT CSV' < rows.csv`,
    )
    .action(async ({ setting: settings, ...options }) => {
      await finish(client({ ...options, settings }))
    })

  program
    .command('publish')
    .description('Copy a table to a directory or an object store, from where any number of readers query it.')
    .option('--path <directory>', 'data directory, which a server may be using', './data')
    .requiredOption('--table <database.table>', 'a table of the MergeTree family')
    .requiredOption('--to <target>', 'a directory, or s3://bucket/prefix')
    .option('--keep-seconds <seconds>', 'how long parts stay that the table no longer has (default: 3600)', whole)
    .option('--dry-run', 'only tell what would be copied', false)
    .addHelpText(
      'after',
      `
Only parts that the target does not have yet are copied. What readers see changes at one moment, when the new manifest
takes the old one's place. The exit code is 0, or that of the error modulo 256.

Examples:
  granary publish --path ./data --table default.hits --to ./public/hits
  granary publish --path ./data --table default.hits --to s3://my-bucket/hits
  granary local --query "CREATE TABLE hits ENGINE = Published('./public/hits'); SELECT count() FROM hits"`,
    )
    .action(async options => finish(publishCommand(runtime, options)))

  program
    .command('keeper')
    .description("Serve ZooKeeper's protocol, for a machine that has no ZooKeeper.")
    .option('--path <directory>', 'where its log and snapshots lie', './keeper')
    .option('--port <port>', 'port to listen on', whole, 2181)
    .option('--host <address>', 'address to listen on: whoever reaches it can change everything', '127.0.0.1')
    .option('--tick-time <ms>', 'how often it looks after the sessions (default: 2000)', whole)
    .option('--min-session-timeout <ms>', 'shortest time-out that a session gets (default: 2 ticks)', whole)
    .option('--max-session-timeout <ms>', 'longest (default: 20 ticks)', whole)
    .option('--max-connections <count>', 'further ones are refused (default: 10000)', whole)
    .option('--max-sessions <count>', 'further ones are refused (default: 10000)', whole)
    .option('--max-nodes <count>', 'further ones are refused (default: 5000000)', whole)
    .option('--max-bytes <bytes>', 'of paths and data together; more is refused (default: 1073741824)', whole)
    .option('--snapshot-transactions <count>', 'a snapshot after so many changes (default: 100000)', whole)
    .addOption(logLevel())
    .addHelpText(
      'after',
      `
One process keeps everything: it is no quorum. When it stands still, so do all that depend on it; what it has acknowledged
is on its disk, and there again when it is started again.

Examples:
  granary keeper --path ./keeper --port 2181
  echo ruok | nc 127.0.0.1 2181`,
    )
    .action(async options => finish(keeperCommand(runtime, options)))

  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on('error', error => process.exit((error as NodeJS.ErrnoException).code === 'EPIPE' ? 0 : 1))

  program.parseAsync().catch(error => {
    const isOurs = error instanceof DBError
    const text = isOurs ? error.describe() : error instanceof UsageError ? error.message : (error?.stack ?? error)
    process.stderr.write(`${text}\n`)
    process.exit(isOurs ? error.code % 256 || 1 : 1)
  })
}

/** Ends the process with a command's exit code, once what it wrote is out. */
async function finish(command: Promise<number>): Promise<void> {
  process.exitCode = await command
}

const logLevel = (): Option =>
  new Option('--log-level <level>', 'how much to tell on stderr').choices(['error', 'warning', 'information', 'debug'])
