export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * The scripts ask `mlo __complete -- words…` at each press of Tab. It answers one `value<TAB>description` a
 * line; the line `:files` stands for the shell's own path completion.
 */
export const SHELL_SCRIPTS: Readonly<Record<Shell, string>> = {
  // Bash splits words at characters such as @ and =, so the words are taken from the line itself, and the
  // part of the current word before such a character is cut off from each answer again.
  bash: `# bash completion for mlo. Load it with: source <(mlo completion bash)
_mlo() {
  local line=\${COMP_LINE:0:COMP_POINT} tail=\${COMP_WORDS[COMP_CWORD]} word answer cut
  local -a words
  read -ra words <<<"$line"
  word=\${line##*[[:space:]]}
  if [[ -z $word ]]; then words+=(''); fi
  if [[ $tail == [@:=] ]]; then tail=''; fi
  cut=$((\${#word} - \${#tail}))
  COMPREPLY=()
  while IFS= read -r answer; do
    if [[ $answer == ':files' ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r answer; do COMPREPLY+=("$answer"); done < <(compgen -f -- "$tail")
    else
      answer=\${answer%%$'\\t'*}
      COMPREPLY+=("\${answer:cut}")
    fi
  done < <(mlo __complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -F _mlo mlo
`,
  zsh: `#compdef mlo
# zsh completion for mlo. Load it with: source <(mlo completion zsh)
_mlo() {
  local answer files=0
  local -a answers values
  answers=("\${(@f)$(mlo __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for answer in $answers; do
    if [[ $answer == ':files' ]]; then
      files=1
    elif [[ -n $answer ]]; then
      values+=("\${\${answer%%$'\\t'*}//:/\\\\:}:\${answer#*$'\\t'}")
    fi
  done
  (( \${#values} )) && _describe 'mlo' values
  (( files )) && _files
}
compdef _mlo mlo
`,
  fish: `# fish completion for mlo. Load it with: mlo completion fish | source
function __mlo_complete
  set -l words (commandline --tokenize --cut-at-cursor --current-process) (commandline --current-token --cut-at-cursor)
  for answer in (mlo __complete -- $words[2..-1] 2>/dev/null)
    if test "$answer" = ':files'
      __fish_complete_path (commandline --current-token --cut-at-cursor)
    else
      echo $answer
    end
  end
end
complete --command mlo --no-files --arguments '(__mlo_complete)'
`,
};
