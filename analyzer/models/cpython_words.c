/* cpython_words.c: what words of the types of CPython's own are called that no member of theirs names: as Python's attribute, if
 * there is one, else as the field in CPython's source. All are where they are in 3.11 to 3.13. */
#include "models/cpython.h"

#define BASES_MAX 64u
#define WORDS_MAX 7u

static const struct type_words {
	const char *type;
	struct {
		uint32_t at; /* counted from the object; 0: there are no more */
		const char *name;
	} words[WORDS_MAX];
} types[] = {
	{ "builtin_function_or_method", { { 24, "__self__" }, { 32, "__module__" } } },
	{ "method-wrapper", { { 16, "descr" }, { 24, "__self__" } } },
	{ "method_descriptor", { { 32, "__qualname__" } } },
	{ "wrapper_descriptor", { { 32, "__qualname__" } } },
	{ "classmethod_descriptor", { { 32, "__qualname__" } } },
	{ "member_descriptor", { { 32, "__qualname__" } } },
	{ "getset_descriptor", { { 32, "__qualname__" } } },
	{ "property", { { 48, "__name__" } } },
	{ "function", { { 120, "__type_params__" } } },
	{ "code", { { 96, "co_localsplusnames" }, { 104, "co_localspluskinds" } } },
	{ "module", { { 48, "__name__" } } },
	{ "mappingproxy", { { 16, "mapping" } } },
	{ "dict_keys", { { 16, "mapping" } } },
	{ "dict_values", { { 16, "mapping" } } },
	{ "dict_items", { { 16, "mapping" } } },
	{ "dict_keyiterator", { { 16, "di_dict" }, { 40, "di_result" } } },
	{ "dict_valueiterator", { { 16, "di_dict" }, { 40, "di_result" } } },
	{ "dict_itemiterator", { { 16, "di_dict" }, { 40, "di_result" } } },
	{ "dict_reversekeyiterator", { { 16, "di_dict" }, { 40, "di_result" } } },
	{ "dict_reversevalueiterator", { { 16, "di_dict" }, { 40, "di_result" } } },
	{ "dict_reverseitemiterator", { { 16, "di_dict" }, { 40, "di_result" } } },
	{ "list_iterator", { { 24, "it_seq" } } },
	{ "list_reverseiterator", { { 24, "it_seq" } } },
	{ "tuple_iterator", { { 24, "it_seq" } } },
	{ "str_iterator", { { 24, "it_seq" } } },
	{ "str_ascii_iterator", { { 24, "it_seq" } } },
	{ "bytes_iterator", { { 24, "it_seq" } } },
	{ "bytearray_iterator", { { 24, "it_seq" } } },
	{ "iterator", { { 24, "it_seq" } } },
	{ "array.arrayiterator", { { 24, "ao" } } },
	{ "callable_iterator", { { 16, "it_callable" }, { 24, "it_sentinel" } } },
	{ "set_iterator", { { 16, "si_set" } } },
	{ "range", { { 40, "length" } } },
	{ "enumerate", { { 24, "en_sit" }, { 32, "en_result" }, { 40, "en_longindex" } } },
	{ "reversed", { { 24, "seq" } } },
	{ "zip", { { 24, "ittuple" }, { 32, "result" } } },
	{ "map", { { 16, "iters" }, { 24, "func" } } },
	{ "filter", { { 16, "func" }, { 24, "it" } } },
	{ "memoryview", { { 24, "mbuf" }, { 56, "buf" }, { 64, "obj" } } },
	{ "managedbuffer", { { 32, "buf" }, { 40, "obj" } } },
	{ "coroutine_wrapper", { { 16, "cw_coroutine" } } },
	{ "async_generator_asend", { { 16, "ags_gen" }, { 24, "ags_sendval" } } },
	{ "async_generator_athrow", { { 16, "agt_gen" }, { 24, "agt_args" } } },
	{ "_contextvars.Context", { { 16, "ctx_prev" }, { 24, "ctx_vars" } } },
	{ "_contextvars.ContextVar", { { 24, "default" }, { 32, "cached" } } },
	{ "_contextvars.Token", { { 16, "ctx" }, { 24, "var" }, { 32, "old_value" } } },
	{ "hamt", { { 16, "h_root" } } },
	{ "functools._lru_cache_wrapper",
	  { { 16, "root.prev" },
	    { 24, "root.next" },
	    { 72, "cache" },
	    { 88, "__wrapped__" },
	    { 112, "kwd_mark" },
	    { 120, "lru_list_elem_type" },
	    { 128, "cache_info_type" } } },
	{ "functools._lru_list_elem", { { 16, "prev" }, { 24, "next" }, { 40, "key" }, { 48, "result" } } },
	{ "functools.KeyWrapper", { { 16, "cmp" }, { 24, "obj" } } },
	{ "operator.itemgetter", { { 24, "item" } } },
	{ "operator.attrgetter", { { 24, "attr" } } },
	{ "operator.methodcaller", { { 16, "name" }, { 24, "args" }, { 32, "kwds" } } },
	{ "collections._deque_iterator", { { 16, "b" }, { 32, "deque" } } },
	{ "itertools.accumulate", { { 16, "total" }, { 24, "it" }, { 32, "binop" }, { 40, "initial" } } },
	{ "itertools.chain", { { 16, "source" }, { 24, "active" } } },
	{ "itertools.combinations", { { 16, "pool" }, { 24, "indices" }, { 32, "result" } } },
	{ "itertools.combinations_with_replacement",
	  { { 16, "pool" }, { 24, "indices" }, { 32, "result" } } },
	{ "itertools.compress", { { 16, "data" }, { 24, "selectors" } } },
	{ "itertools.count", { { 24, "long_cnt" }, { 32, "long_step" } } },
	{ "itertools.cycle", { { 16, "it" }, { 24, "saved" } } },
	{ "itertools.dropwhile", { { 16, "func" }, { 24, "it" } } },
	{ "itertools.takewhile", { { 16, "func" }, { 24, "it" } } },
	{ "itertools.filterfalse", { { 16, "func" }, { 24, "it" } } },
	{ "itertools.starmap", { { 16, "func" }, { 24, "it" } } },
	{ "itertools.groupby",
	  { { 16, "it" },
	    { 24, "keyfunc" },
	    { 32, "tgtkey" },
	    { 40, "currkey" },
	    { 48, "currvalue" },
	    { 56, "currgrouper" } } },
	{ "itertools._grouper", { { 16, "parent" }, { 24, "tgtkey" } } },
	{ "itertools.islice", { { 16, "it" } } },
	{ "itertools.pairwise", { { 16, "it" }, { 24, "old" } } },
	{ "itertools.permutations",
	  { { 16, "pool" }, { 24, "indices" }, { 32, "cycles" }, { 40, "result" } } },
	{ "itertools.product", { { 16, "pools" }, { 24, "indices" }, { 32, "result" } } },
	{ "itertools.repeat", { { 16, "element" } } },
	{ "itertools.zip_longest", { { 32, "ittuple" }, { 40, "result" }, { 48, "fillvalue" } } },
	{ "itertools._tee", { { 16, "dataobj" } } },
	{ "itertools._tee_dataobject", { { 16, "it" }, { 32, "nextlink" } } },
	{ "_abc._abc_data",
	  { { 16, "_abc_registry" }, { 24, "_abc_cache" }, { 32, "_abc_negative_cache" } } },
	{ "_thread._localdummy", { { 16, "localdict" } } },
	{ "datetime.datetime", { { 40, "tzinfo" } } },
	{ "datetime.timezone", { { 16, "offset" }, { 24, "name" } } },
	{ "re.Pattern", { { 32, "groupindex" }, { 40, "indexgroup" } } },
	{ "typing.TypeAliasType", { { 24, "__type_params__" }, { 32, "evaluate_value" } } },
	{ "typing.TypeVar", { { 32, "evaluate_bound" }, { 40, "__constraints__" } } },
};

/* A class of Python may have any name without a dot. */
static const struct type_words *words_of(const struct py_type *t)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (!strcmp(t->name, types[i].type) && (!(t->flags & FLAG_HEAP) || strchr(t->name, '.')))
			return &types[i];
	return NULL;
}

const char *py_word_name(const struct py_type *t, uint64_t at)
{
	const struct type_words *w = NULL;

	for (unsigned depth = 0; t && !w && depth < BASES_MAX; t = t->base, depth++)
		w = words_of(t);
	for (unsigned i = 0; w && i < WORDS_MAX && w->words[i].at; i++)
		if (w->words[i].at == at)
			return w->words[i].name;
	return NULL;
}
