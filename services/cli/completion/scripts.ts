/** What shells run to complete `naas`, and what kubectl runs to complete `kubectl naas`. All ask `naas __complete`. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Name under which kubectl looks for it in PATH. */
export const KUBECTL_SHIM = 'kubectl_complete-naas';

/** @param program path or name of what answers */
export function kubectlShim(program: string): string {
  return `#!/bin/sh\n# Completion of kubectl naas, written by its command "completion install".\nexec ${quoted(program)} __complete "$@"\n`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

const BASH = `# Completion of naas for bash: source <(naas completion bash)
_naas() {
  local line directive=0
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :*) directive="\${line#:}" ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <("\${COMP_WORDS[0]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [ "$directive" = 0 ]; then compopt -o default; fi
}
complete -F _naas naas kubectl-naas
`;

const ZSH = `#compdef naas kubectl-naas
# Completion of naas for zsh: source <(naas completion zsh)
_naas() {
  local line directive=0
  local -a candidates
  for line in "\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case "$line" in
      :*) directive="\${line#:}" ;;
      ?*) line="\${line//:/\\\\:}"; candidates+=("\${line/$'\\t'/:}") ;;
    esac
  done
  if [ "$directive" = 0 ]; then _files; else _describe naas candidates; fi
}
compdef _naas naas kubectl-naas
`;

const FISH = `# Completion of naas for fish: naas completion fish | source
function __naas_complete
  set -l words (commandline -opc)
  $words[1] __complete $words[2..] (commandline -ct) 2>/dev/null | string match --invert --regex '^:'
end
complete --command naas --no-files --arguments '(__naas_complete)'
complete --command kubectl-naas --no-files --arguments '(__naas_complete)'
`;

export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
