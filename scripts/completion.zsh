#compdef leakgraph
# Completion of leakgraph's command lines for zsh. What there is to complete the program itself tells, in rows of name,
# word and values (analyzer/cmd/completion.c).

# The action of _arguments for the values of an option
__leakgraph_action()
{
	local -a names=(${=1})
	case $1 in
	*,*) print -r -- "_sequence compadd - ${(j: :)${(@)names%,}}" ;;
	*DIR*) print -r -- '_files -/' ;;
	*=FILE* | *:FILE*) print -r -- "__leakgraph_named_file ${${(j: :)names}//:/\\:}" ;;
	*FILE*) print -r -- _files ;;
	*[a-z]*) print -r -- "($names)" ;;
	*) print -r -- ' ' ;;
	esac
}

# sarif=FILE, lsan:FILE, or a FILE alone where that may be
__leakgraph_named_file()
{
	if compset -P '[a-z]##[=:]'; then
		_files
	else
		compadd -S '' -- ${${(M)@:#*?FILE}%FILE}
		(( $@[(Ie)FILE] )) && _files
	fi
}

_leakgraph()
{
	local program=$words[1] command=$words[2] row
	local -a rows columns known specs
	local -i dashes=$words[(i)--]

	if (( dashes < CURRENT )); then # the program's own
		words=("${(@)words[dashes + 1,-1]}")
		(( CURRENT -= dashes ))
		_normal -p leakgraph
		return
	fi
	rows=("${(@f)$($~program --completion 2>/dev/null)}")
	if (( CURRENT == 2 )); then
		for row in $rows; do
			columns=("${(@s:	:)row}")
			[[ $columns[2] == COMMAND ]] && known+=("$columns[1]:$columns[3]")
		done
		_describe -t commands command known
		_command_names -e
		_files -g '*(*)'
		return
	fi
	for row in ${(M)rows:#$command	*}; do
		columns=("${(@s:	:)row}")
		case $columns[2] in
		COMMAND) ;;
		WORDS)
			[[ $columns[3] == *TRACE* || $columns[3] == *OLD* ]] && specs+=('*:trace:_files -g "*.lgt(-.)"')
			[[ $columns[3] == *PROGRAM* && $columns[3] != *'-- PROGRAM'* ]] && specs+=('(-)*::program:_normal -p leakgraph')
			[[ $columns[3] == [a-z]*\|* ]] && specs+=("1:how:(${${columns[3]%% *}//|/ })")
			;;
		*=) specs+=("*$columns[2]-:value:$(__leakgraph_action "$columns[3]")") ;;
		*) specs+=("$columns[2]") ;;
		esac
	done
	shift words
	(( CURRENT-- ))
	if (( $#specs )); then
		_arguments -S : $specs
	else
		_normal -p leakgraph # a program
	fi
}

_leakgraph "$@"
