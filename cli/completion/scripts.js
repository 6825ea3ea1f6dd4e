// The scripts of the shells. Each gives the words of the command line to `eramjs __complete`, and shows what that prints.

/** @type {Record<string, string>} */
export const SCRIPTS = {
  bash: `# Completion of eramjs for bash: eval "$(npx eramjs completion bash)" in ~/.bashrc.
_eramjs() {
  local current="\${COMP_WORDS[COMP_CWORD]}" line word
  local program=("\${COMP_WORDS[0]}")
  type -P "\${COMP_WORDS[0]}" >/dev/null || program=(npx --no-install eramjs)
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = :files ]; then
      compopt -o default 2>/dev/null
      continue
    fi
    word="\${line%%$'\\t'*}"
    COMPREPLY+=("$(printf '%q' "$word")")
  done < <("\${program[@]}" __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _eramjs eramjs`,

  zsh: `#compdef eramjs
# Completion of eramjs for zsh: eval "$(npx eramjs completion zsh)" in ~/.zshrc, after compinit.
_eramjs() {
  local line files=0
  local -a found program
  program=("\${words[1]}")
  whence -p -- "\${words[1]}" >/dev/null || program=(npx --no-install eramjs)
  while IFS= read -r line; do
    if [[ "$line" == :files ]]; then
      files=1
    else
      found+=("\${\${line%%$'\\t'*}//:/\\\\:}\${\${(M)line:#*$'\\t'*}:+:\${line#*$'\\t'}}")
    fi
  done < <("\${program[@]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#found} )) && _describe 'eramjs' found
  (( files )) && _files
}
compdef _eramjs eramjs`,

  fish: `# Completion of eramjs for fish: npx eramjs completion fish > ~/.config/fish/completions/eramjs.fish
function __eramjs_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l program $words[1]
  type -q -f $words[1]; or set program npx --no-install eramjs
  for line in ($program __complete $words[2..-1] 2>/dev/null)
    if test "$line" = :files
      __fish_complete_path (commandline -ct)
    else
      printf '%s\\n' $line
    end
  end
end
complete -c eramjs -f -a '(__eramjs_complete)'`,

  powershell: `# Completion of eramjs for PowerShell: npx eramjs completion powershell | Out-String | Invoke-Expression, in $PROFILE.
Register-ArgumentCompleter -Native -CommandName eramjs -ScriptBlock {
  param($word, $ast, $position)
  $words = @($ast.CommandElements | Where-Object { $_.Extent.StartOffset -lt $position } | ForEach-Object { $_.ToString() })
  if ($word -eq '') { $words += '' }
  $program = if (Get-Command $words[0] -CommandType Application -ErrorAction SilentlyContinue) { @($words[0]) } else { @('npx', '--no-install', 'eramjs') }
  $before = @($program | Select-Object -Skip 1)
  & $program[0] @before __complete @($words | Select-Object -Skip 1) 2>$null | Where-Object { $_ -ne ':files' } | ForEach-Object {
    $value, $meaning = $_ -split "\`t", 2
    if (-not $meaning) { $meaning = $value }
    [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $meaning)
  }
}`,
}
