#compdef craton
# Completion of craton for zsh. To use it: source <(craton completion zsh), or put
# it where zsh looks for functions, as _craton.

# @FUNCTIONS@

_craton() {
    emulate -L zsh
    local takes kept typed=${(Q)PREFIX}
    local -a candidates
    _craton_at_cursor "$typed" "${(@Q)words[2,CURRENT-1]}"
    if [[ -n $kept ]]; then
        compset -P "${(b)kept}"
        typed=${typed#"$kept"}
    fi
    case $takes in
    '='*) candidates=(${=takes#'='}) ;;
    @*) candidates=("${(@f)$(command craton complete-names -- "${takes#@}" "$typed" 2>/dev/null)}") ;;
    /) _files && return ;;
    esac
    candidates=(${candidates:#})
    compadd -- "${candidates[@]}"
}

if [[ ${funcstack[1]} == _craton ]]; then
    _craton "$@"
else
    compdef _craton craton
fi
