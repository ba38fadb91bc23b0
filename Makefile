# leakgraph. `make demo` shows it, `make check` tests it, `make help` lists the rest.
# Both install what is missing first; plain `make` builds with what is there.

PREFIX  ?= /usr/local
DESTDIR ?=
B       ?= build
CC      ?= gcc
OPT     ?= -O2
V       ?= 0
Q       := $(if $(filter 0,$(V)),@,)
say      = $(if $(filter 0,$(V)),@printf '  %-6s %s\n' $(1) $(2),@:)

MAKEFLAGS += --no-print-directory $(if $(filter 0,$(V)),-s)
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

# ---- flags -------------------------------------------------------------------------------------------------

GCC      := $(if $(shell $(CC) -dM -E - </dev/null 2>/dev/null | grep __clang__),,yes)
WARN     := -Wall -Wextra -Wundef -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
            -Wpointer-arith -Wwrite-strings $(if $(WERROR),-Werror)
CFLAGS   := $(OPT) -g -std=gnu17 -ffile-prefix-map='$(CURDIR)=.' $(WARN) $(EXTRA_CFLAGS)
CPPFLAGS := -Iinclude -D_GNU_SOURCE
DEPFLAGS := -MMD -MP

# The guest: libc only, nothing exported but the interposed names, no surprises in TLS, stack or start-up.
SHIM_FLAGS := -Ipreload -fno-tree-vectorize -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-omit-frame-pointer -fno-builtin \
              -fno-stack-protector -U_FORTIFY_SOURCE -fasynchronous-unwind-tables -Wframe-larger-than=600 \
              $(if $(GCC),-fno-ipa-pure-const)
SHIM_LINK  := -shared -nostartfiles -Wl,-z,now -Wl,-z,nodelete -Wl,-z,defs -Wl,-z,noseparate-code -Wl,--sort-section=name -Wl,--hash-style=gnu \
              -Wl,--version-script=preload/exports.map -Wl,-soname,liblgpreload.so

JUDGE_FLAGS = -Ianalyzer $(SANITIZE)
JUDGE_LIBS  = $(shell pkg-config --libs libdw libelf libzstd) -lunwind-ptrace -lunwind-x86_64 -lunwind -liberty -lm -lpthread
CHECK_LIBS  = $(shell pkg-config --libs check)

# ---- the program and the shim ------------------------------------------------------------------------------

SHIM_SRC  := $(sort $(wildcard preload/*.c))
JUDGE_SRC := $(sort $(wildcard analyzer/*.c analyzer/*/*.c analyzer/*/*/*.c))
SHIM_OBJ  := $(SHIM_SRC:%.c=$(B)/obj/%.o)
JUDGE_OBJ := $(JUDGE_SRC:%.c=$(B)/obj/%.o)
JUDGE_LIB := $(filter-out $(B)/obj/analyzer/main.o,$(JUDGE_OBJ))

all: $(B)/leakgraph $(B)/liblgpreload.so ## build/leakgraph and its shim

$(B)/leakgraph: $(JUDGE_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) $(EXTRA_LDFLAGS) -o $@ $^ $(JUDGE_LIBS)

$(B)/liblgpreload.so: $(SHIM_OBJ) preload/exports.map
	$(call say,LINK,$@)
	$(Q)$(CC) $(OPT) $(SHIM_LINK) -o $@ $(SHIM_OBJ)

$(B)/obj/preload/%.o: preload/%.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SHIM_FLAGS) $(DEPFLAGS) -c -o $@ $<

$(B)/obj/analyzer/%.o: analyzer/%.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(JUDGE_FLAGS) $(DEPFLAGS) -c -o $@ $<

# ---- set-up and everyday -----------------------------------------------------------------------------------

demo: ## install what is missing, build, show two reports
	@scripts/install-deps --demo
	@$(MAKE) all
	@scripts/demo $(B)

check: ## install what is missing, build, pass all tests (a few minutes)
	@scripts/install-deps --tests
	@$(MAKE) all unit-programs
	@failed=0; for t in unit cli endings-quick real-quick failnth-quick fuzz-replay static; do $(MAKE) $$t || failed=1; done; exit $$failed

clean: ## remove what was built
	$(Q)rm -rf $(B)

help: ## this list
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | expand -t 18

# ---- tests -------------------------------------------------------------------------------------------------

UNIT_SRC := $(if $(T),tests/unit/$(T).c,$(wildcard tests/unit/*.c))
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(B)/unit/%)

unit-programs: $(UNIT_BIN)

unit: $(UNIT_BIN) ## unit tests; T=NAME runs one
	@failed=0; for t in $(UNIT_BIN); do $$t || failed=1; done; exit $$failed

$(B)/unit/%: tests/unit/%.c $(JUDGE_LIB) Makefile
	$(call say,UNIT,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(JUDGE_FLAGS) -Wno-missing-prototypes $(DEPFLAGS) -o $@ $< $(JUDGE_LIB) \
		$(JUDGE_LIBS) $(CHECK_LIBS)

# The shim's unwinder needs a module of its own, as it has in a target.
PROBE_SRC := tests/unit/probe/probe.c $(addprefix preload/,unwind.c cfi.c cfi_step.c rules.c modules.c stacks.c symbols.c \
	     python.c python_code.c python_find.c python_line.c)

$(B)/unit/libprobe.so: $(PROBE_SRC) $(wildcard preload/*.h include/leakgraph/*.h) tests/unit/probe/probe.h Makefile
	$(call say,UNIT,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SHIM_FLAGS) -Wno-frame-larger-than -fvisibility=default -shared -o $@ $(PROBE_SRC) -lunwind

$(B)/unit/unwind $(B)/unit/python: $(B)/unit/%: tests/unit/%.c $(B)/unit/libprobe.so
	$(call say,UNIT,$@)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Itests/unit -fomit-frame-pointer -fno-optimize-sibling-calls -o $@ $< \
		$(B)/unit/libprobe.so -rdynamic -Wl,-rpath,'$$ORIGIN' $(CHECK_LIBS) -lpthread

cli: all ## whole-program tests; T=NAME runs one
	@B=$(B) tests/run-cli

real-quick: all
	@B=$(B) tests/torture/real-programs --quick

failnth: all ## fail each allocation, mmap, open, write ... of leakgraph in turn, while it records and judges
	@B=$(B) tests/torture/fail-nth

failnth-quick: all
	@B=$(B) tests/torture/fail-nth --quick

torture: all ## real programs, every victim by every compiler, stress, stacks (some minutes)
	@B=$(B) tests/run-cli --full
	@B=$(B) tests/torture/real-programs
	@B=$(B) tests/torture/endings
	@B=$(B) tests/torture/shim-stress.sh
	@B=$(B) tests/torture/fail-nth
	@KILLS=100 STOP_SECONDS=30 LIMIT=900 B=$(B) tests/run-cli record/killed_target_loses_nothing record/stopped_recorder_is_waited_for
	@B=$(B) tests/torture/verify-unwind
	@B=$(B) tests/torture/python-counts
	@B=$(B) tests/torture/ownership
	@B=$(B) tests/torture/harnesses
	@B=$(B) tests/torture/ci-demo
	@B=$(B) tests/torture/fingerprints
	@B=$(B) tests/torture/exports
	@B=$(B) tests/torture/outputs
	@B=$(B) tests/torture/yama

endings-quick: all
	@B=$(B) tests/torture/endings --quick

torture-long: all ## what threads, forks, dlopen and signals do at once, again and again for SECONDS (600)
	@B=$(B) tests/torture/shim-stress.sh --for $(or $(SECONDS),600) dlopen-in-threads dlopen-storm exit-under-load fibers \
		fork-storm jump-out-of-handler realloc-race signal-at-1khz signals-at-10khz thousands-of-threads thread-ends \
		vfork-exec-storm

asan: ## unit tests under AddressSanitizer and UBSan
	@$(MAKE) unit B=$(B)/asan SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=all"

tsan: ## threads of the recorder and the analyzer under ThreadSanitizer
	@$(MAKE) all $(B)/tsan/unit/drain B=$(B)/tsan SANITIZE=-fsanitize=thread
	@B=$(B)/tsan tests/torture/races

FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*_read.c))

$(B)/fuzz/%-replay: tests/fuzz/%.c $(JUDGE_LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(JUDGE_FLAGS) -Wno-missing-prototypes -DLG_FUZZ_REPLAY -o $@ $^ $(JUDGE_LIBS)

# Traces of programs whose memory is written over.
$(B)/fuzz/traces/made: tests/fuzz/make-traces | all
	@LG=$(abspath $(B)/leakgraph) tests/fuzz/make-traces $(@D) && touch $@

fuzz-replay: $(FUZZERS:%=$(B)/fuzz/%-replay) $(B)/fuzz/traces/made
	@set -e; export LG_FUZZ_TRACES=$(B)/fuzz/traces; for f in $(FUZZERS); do $(B)/fuzz/$$f-replay tests/fuzz/corpus/$$f/*; done

FUZZER := $(or $(R),trace_read)

# Words of memory are compared by the thousand: fuzzing the models does not ask with what.
ASKS_COMPARED := -fsanitize=fuzzer-no-link,address,undefined
ASKS_REACHED := -fsanitize=address,undefined -fsanitize-coverage=inline-8bit-counters,pc-table
FUZZED := $(B)/fuzzing$(if $(filter models_read,$(FUZZER)),/models)
FUZZING := B=$(FUZZED) CC=clang OPT=-O1 EXTRA_CFLAGS=-DLG_FUZZ_NO_CHECKSUM SANITIZE="$(if $(filter models_read,$(FUZZER)),$(ASKS_REACHED),$(ASKS_COMPARED))"

fuzz: ## fuzz a reader for SECONDS (300) with clang's libFuzzer; R=NAME: those of tests/fuzz/*_read.c
	@mkdir -p $(B)/fuzz/corpus/$(FUZZER)
	@$(MAKE) $(B)/fuzz/traces/made
	@$(MAKE) $(FUZZING) $(FUZZED)/$(FUZZER)
	LG_FUZZ_TRACES=$(B)/fuzz/traces $(FUZZED)/$(FUZZER) $(if $(filter models_read,$(FUZZER)),-entropic=0) -max_total_time=$(or $(SECONDS),300) -rss_limit_mb=2048 $(B)/fuzz/corpus/$(FUZZER) tests/fuzz/corpus/$(FUZZER)

$(B)/%_read: tests/fuzz/%_read.c $(JUDGE_LIB)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(JUDGE_FLAGS) -fsanitize=fuzzer -Wno-missing-prototypes -o $@ $^ $(JUDGE_LIBS)

static: layers headers shim-static traps ## the rules of the house

layers:
	@scripts/check-layers

headers:
	@scripts/check-headers

traps:
	@scripts/check-traps

shim-static: $(B)/liblgpreload.so
	@scripts/check-shim $(B)/liblgpreload.so

FORMATTED := $(shell git ls-files '*.c' '*.h' '*.cc' 2>/dev/null)

format: ## rewrite the sources as .clang-format says
	$(Q)clang-format -i $(FORMATTED)

format-check:
	$(Q)clang-format --dry-run --Werror $(FORMATTED)

# ---- measuring ---------------------------------------------------------------------------------------------

BENCHES := pairs programs startup memory pause analysis python

bench: all $(B)/bench/analyze $(B)/bench/judge ## measure against heaptrack, LeakSanitizer, Memcheck (ten minutes); BENCH=NAME runs one
	@failed=0; for b in $(or $(BENCH),$(BENCHES)); do B=$(B) tests/bench/$$b || failed=1; done; exit $$failed

$(B)/bench/%: tests/bench/%.c $(JUDGE_LIB)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(JUDGE_FLAGS) -Wno-missing-prototypes -o $@ $^ $(JUDGE_LIBS)

compare-valgrind: all ## both tools' numbers side by side
	@scripts/install-deps --tests --bench
	@B=$(B) tests/bench/compare-valgrind

# ---- installing --------------------------------------------------------------------------------------------

VERSION := $(shell sed -n 's/^\#define LG_VERSION "\(.*\)"/\1/p' analyzer/base/version.h)
ZSHDIR  ?= share/zsh/site-functions

# mode:source:place below PREFIX, all that is installed
INSTALLED := 755:$(B)/leakgraph:bin/leakgraph 755:scripts/leakgraph-memcheck:bin/leakgraph-memcheck \
	644:$(B)/liblgpreload.so:lib/leakgraph/liblgpreload.so \
	644:include/leakgraph/leakgraph.h:include/leakgraph/leakgraph.h 644:$(B)/leakgraph.pc:share/pkgconfig/leakgraph.pc \
	644:scripts/completion.bash:share/bash-completion/completions/leakgraph 644:scripts/completion.zsh:$(ZSHDIR)/_leakgraph \
	$(foreach page,$(sort $(wildcard man/*.[1357])),644:$(page):share/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page)))
each_installed = printf '%s\n' $(INSTALLED) | while IFS=: read -r mode from to; do to="$(DESTDIR)$(PREFIX)/$$to";

install: all ## install under PREFIX (/usr/local), below DESTDIR
	$(Q)rm -f $(B)/leakgraph.pc # root's, after sudo make install
	$(Q)sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' scripts/leakgraph.pc.in >$(B)/leakgraph.pc
	$(Q)$(each_installed) install -D -m "$$mode" "$$from" "$$to" || exit; done

uninstall: ## remove what install put there
	$(Q)$(each_installed) rm -f "$$to"; done
	$(Q)for d in lib include; do [ ! -d "$(DESTDIR)$(PREFIX)/$$d/leakgraph" ] || rmdir "$(DESTDIR)$(PREFIX)/$$d/leakgraph"; done

deb: ## a Debian package in build/; needs what install-deps --deb installs
	@scripts/make-deb $(B)

reproducible: ## build twice, in two folders, and compare every byte
	@scripts/reproducible

-include $(SHIM_OBJ:.o=.d) $(JUDGE_OBJ:.o=.d) $(UNIT_BIN:=.d)

.PHONY: all demo check clean help unit-programs unit cli real-quick failnth failnth-quick torture asan tsan fuzz-replay fuzz static layers \
	headers shim-static traps format format-check bench compare-valgrind install uninstall \
	deb reproducible
.SECONDARY:
