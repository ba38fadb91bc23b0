# Completion of leakgraph's command lines for bash. What there is to complete the program itself tells, in rows of
# name, word and values (analyzer/cmd/completion.c); what is not offered here readline completes as a file.

# __leakgraph_values PREFIX VALUES: what may stand for a value, each with the prefix that it has on the line
__leakgraph_values()
{
	local value list=
	for value in $2; do
		case $value in
		FILE | DIR) ;;
		*,) list=$1${current#"$1"} && list=${list%"${list##*[=,]}"} && echo "$list${value%,}" ;;
		*) echo "$1${value%FILE}" ;;
		esac
	done
}

# __leakgraph_words WORDS: what may stand where the command takes other words than options
__leakgraph_words()
{
	local word
	for word in $1; do
		[[ $word == [a-z]*\|* ]] && [ ${#words[@]} = 3 ] && tr '|' '\n' <<<"$word"
	done
	[[ $1 == *TRACE* || $1 == *OLD* ]] && compgen -f -X '!*.lgt' -- "$current" && compgen -d -S / -- "$current"
	[[ $1 == *PROGRAM* && $1 != *'-- PROGRAM'* ]] && compgen -c -- "$current"
}

__leakgraph_candidates()
{
	local command=${words[1]} option=${words[-2]}= rows name word values
	rows=$("${words[0]/#\~/$HOME}" --completion 2>/dev/null) || return
	[[ $rows == *$'\n'"$command"$'\t'"$option"* ]] || option=
	while IFS=$'\t' read -r name word values; do
		if [ ${#words[@]} = 2 ]; then
			[ "$word" = COMMAND ] && echo "$name"
		elif [ "$name" != "$command" ]; then
			:
		elif [ "$option" ]; then
			[ "$word" = "$option" ] && __leakgraph_values '' "$values"
		elif [[ $word == *= && $current == "$word"* ]]; then
			__leakgraph_values "$word" "$values"
		elif [[ $word == --* && $current == -* && $current != *=* ]]; then
			echo "$word"
		elif [[ $word == WORDS && $current != -* ]]; then
			__leakgraph_words "$values"
		fi
	done <<<"$rows"
	[ ${#words[@]} = 2 ] && printf '%s\n' --help --version
}

_leakgraph()
{
	local line=${COMP_LINE:0:COMP_POINT} words current before word
	read -ra words <<<"$line"
	[[ $line == *[[:space:]] ]] && words+=('')
	current=${words[-1]}
	COMPREPLY=()
	case " ${words[*]:1:${#words[@]}-2} " in
	*' -- ') mapfile -t COMPREPLY < <(compgen -c -- "$current") && return ;;
	*' -- '*) return ;; # the program's own
	esac
	before=${current%"${current##*[=:]}"} # readline takes it for words of their own
	[[ $COMP_WORDBREAKS == *"${before: -1}"* ]] || before=
	while read -r word; do
		[[ $word == "$current"* ]] && COMPREPLY+=("${word#"$before"}")
	done < <(__leakgraph_candidates)
	[[ ${COMPREPLY[0]-} == *[=:/] ]] && compopt -o nospace
}

complete -o default -F _leakgraph leakgraph
