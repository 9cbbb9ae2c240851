import { type Command, EXIT, UsageError } from "../command.ts";
import { SERVER_COMMANDS } from "../hand-over.ts";
import { optionsOf } from "../shared-options.ts";

/** A command as completion knows it. */
interface Known {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly (readonly [string, string])[];
}

const knownOf = (commands: readonly Command[]): readonly Known[] => [
  ...commands.map((command) => ({
    name: command.name,
    summary: command.summary,
    options: Object.entries(optionsOf(command)).map(([name, { about }]) => [name, about] as const),
  })),
  ...SERVER_COMMANDS.filter((name) => !commands.some((one) => one.name === name)).map((name) => ({
    name,
    summary: "A command of the server",
    options: [],
  })),
];

/** A text in single quotes, for a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

const bash = (commands: readonly Known[]): string => {
  const cases = commands.map(
    ({ name, options }) =>
      `    ${name}) words=${quoted(options.map(([option]) => `--${option}`).join(" "))} ;;`,
  );
  return [
    "_vxdata() {",
    '  local current="${COMP_WORDS[COMP_CWORD]}" words found',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words=${quoted(commands.map(({ name }) => name).join(" "))}`,
    '    COMPREPLY=($(compgen -W "$words" -- "$current"))',
    "    return",
    "  fi",
    '  case "${COMP_WORDS[1]}" in',
    ...cases,
    "    *) words='' ;;",
    "  esac",
    '  if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "$words" -- "$current"))',
    // A line a name: a name may have blanks in it, and bash 3.2 of macOS has no mapfile.
    "  else",
    "    COMPREPLY=()",
    '    while IFS= read -r found; do COMPREPLY+=("$found"); done < <(compgen -f -- "$current")',
    "  fi",
    "}",
    "complete -o filenames -F _vxdata vxdata",
  ].join("\n");
};

/** A word of zsh's `_describe`: its colons are escaped. */
const described = (word: string, about: string): string =>
  quoted(`${word.replaceAll(":", String.raw`\:`)}:${about.replaceAll(":", String.raw`\:`)}`);

const zsh = (commands: readonly Known[]): string => {
  const cases = commands.map(({ name, options }) => {
    const words = options.map(([option, about]) => described(`--${option}`, about));
    return `    ${name}) found=(${words.join(" ")}) ;;`;
  });
  return [
    "#compdef vxdata",
    "_vxdata() {",
    "  local -a found",
    "  if (( CURRENT == 2 )); then",
    `    found=(${commands.map(({ name, summary }) => described(name, summary)).join(" ")})`,
    "    _describe command found",
    "    return",
    "  fi",
    '  case "${words[2]}" in',
    ...cases,
    "  esac",
    '  if [[ "$PREFIX" == -* ]]; then _describe option found; else _files; fi',
    "}",
    "compdef _vxdata vxdata",
  ].join("\n");
};

const fish = (commands: readonly Known[]): string =>
  [
    ...commands.map(
      ({ name, summary }) =>
        `complete -c vxdata -f -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ),
    ...commands.flatMap(({ name, options }) =>
      options.map(
        ([option, about]) =>
          `complete -c vxdata -n '__fish_seen_subcommand_from ${name}' -l ${option} -d ${quoted(about)}`,
      ),
    ),
  ].join("\n");

const SHELLS: Readonly<Record<string, (commands: readonly Known[]) => string>> = {
  bash,
  zsh,
  fish,
};

/** `vxdata completion` */
export const completionOf = (commands: () => readonly Command[]): Command => ({
  name: "completion",
  summary: "Print a script that completes commands and options in a shell",
  usage: "bash|zsh|fish",
  about: ["Commands, their options, and files. Put it where your shell reads its settings."],
  options: {},
  shared: "none",
  examples: [
    "vxdata completion bash > ~/.local/share/bash-completion/completions/vxdata",
    "vxdata completion zsh > ~/.zsh/functions/_vxdata",
    "vxdata completion fish > ~/.config/fish/completions/vxdata.fish",
  ],
  run: async ({ given, print }) => {
    const [shell = "", ...surplus] = given.words;
    const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
    if (script === undefined || surplus.length > 0) {
      throw new UsageError("bash, zsh or fish is needed");
    }
    print(script(knownOf(commands())));
    return EXIT.done;
  },
});
