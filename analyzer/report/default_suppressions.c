/* default_suppressions.c: what nobody wants to see: memory that the system's libraries take once and keep. Each entry
 * says what it is; leakgraph-check(1) lists them. Nothing here matches a whole library. */
#include "report/suppressions.h"

#include <string.h>

#define ENTRY(name, frames) "{\n" name "\nMemcheck:Leak\n" frames "}\n"

static const char defaults[] = ENTRY("libstdc++: the pool for exceptions when memory is short",
				     "...\nfun:*pool::pool*\nobj:libstdc++.so*\n...\n")
    ENTRY("libstdc++: the same, without symbols", "fun:malloc\nobj:libstdc++.so*\nfun:call_init*\n...\n")
	ENTRY("stdio: a stream's buffer", "fun:malloc\nfun:_IO_file_doallocate\n...\n") ENTRY(
	    "stdio: a wide stream's buffer", "fun:malloc\nfun:_IO_wfile_doallocate\n...\n")
	    ENTRY("locale: loaded once", "...\nfun:_nl_*\n...\nfun:setlocale\n...\n") ENTRY(
		"locale: names", "...\nfun:new_composite_name\nfun:setlocale\n...\n")
		ENTRY("gettext: catalogues", "...\nfun:_nl_load_domain\n...\n") ENTRY(
		    "iconv: modules and their tables",
		    "...\nfun:__gconv_*\n...\n") ENTRY("time: zone tables", "...\nfun:tzset_internal\n...\n")
		    ENTRY("time: zone files",
			  "...\nfun:__tzfile_read\n...\n") ENTRY("nss: modules", "...\nfun:__nss_*\n...\n")
			ENTRY("nss: lookups of modules", "...\nfun:nss_load_library\n...\n")
			    ENTRY("resolver: its context", "...\nfun:__resolv_*\n...\n") ENTRY(
				"dlerror: its message", "...\nfun:_dlerror_run\n...\n")
				ENTRY("atexit: its list", "fun:calloc\nfun:__new_exitfn\n...\n") ENTRY(
				    "GLib: types", "...\nfun:g_type_register_*\n...\n")
				    ENTRY("GLib: types of its own", "...\nfun:gobject_init*\n...\n") ENTRY(
					"GLib: quarks", "...\nfun:g_quark_*\n...\n")
					ENTRY("GLib: interned strings", "...\nfun:g_intern_*\n...\n") ENTRY(
					    "GLib: one-time initialisation", "...\nfun:glib_init*\n...\n")
					    ENTRY("fontconfig: its configuration", "...\nfun:FcInit*\n...\n")
						ENTRY("fontconfig: its configuration, on first use",
						      "...\nfun:FcConfigInit*\n...\n")
						    ENTRY("OpenSSL: one-time initialisation",
							  "...\nfun:OPENSSL_init_*\n...\n")
							ENTRY("tcmalloc: its first extension",
							      "...\nfun:MallocExtension::Register*\n...\n")
							    ENTRY("OpenMP: the pool of threads",
								  "...\nfun:gomp_team_start\n...\n");

int suppressions_add_defaults(struct suppressions *s, struct err *err)
{
	return suppressions_add(s, SUPPRESSIONS_BUILT_IN, defaults, strlen(defaults), "0000-00-00", err);
}
