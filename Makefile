# leakgraph: make (build), make demo (see it), make check (all tests); make help lists the rest.

PREFIX  ?= /usr/local
DESTDIR ?=
B       ?= build
CC      ?= gcc
V       ?= 0
Q       := $(if $(filter 0,$(V)),@,)
say      = $(if $(filter 0,$(V)),@printf '  %-7s %s\n' $(1) $(2),@:)

MAKEFLAGS += --no-print-directory
ifeq ($(filter -j%,$(MAKEFLAGS)),)
MAKEFLAGS += -j$(shell nproc 2>/dev/null || echo 2)
endif

OPT      ?= -O2
WARN     := -Wall -Wextra -Wundef -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 \
            -Wpointer-arith -Wwrite-strings $(if $(WERROR),-Werror,)
CFLAGS   := $(OPT) -g -std=gnu17 $(WARN) $(EXTRA_CFLAGS)
CPPFLAGS := -Iinclude -D_GNU_SOURCE
DEPFLAGS  = -MMD -MP

# The guest: libc only, nothing exported but the interposed names, no surprises in TLS, stack or start-up.
SHIM_FLAGS := -Ipreload -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-omit-frame-pointer -fno-builtin \
              -fno-stack-protector -U_FORTIFY_SOURCE -fno-ipa-pure-const -fasynchronous-unwind-tables \
              -Wframe-larger-than=400
SHIM_LINK  := -shared -nostartfiles -Wl,-z,now -Wl,-z,nodelete -Wl,-z,defs -Wl,--hash-style=gnu \
              -Wl,--version-script=preload/exports.map -Wl,-soname,liblgpreload.so

PKGS       := libdw libelf libzstd libunwind-ptrace libunwind-generic
JUDGE_FLAGS = -Ianalyzer $(SANITIZE)
JUDGE_LIBS  = $(shell pkg-config --libs libdw libelf libzstd) -lunwind-ptrace -lunwind-x86_64 -lunwind -liberty -lpthread

SHIM_SRC  := $(wildcard preload/*.c preload/*.S)
JUDGE_SRC := $(wildcard analyzer/*.c analyzer/*/*.c)
SHIM_OBJ  := $(patsubst %,$(B)/obj/%.o,$(basename $(SHIM_SRC)))
JUDGE_OBJ := $(JUDGE_SRC:%.c=$(B)/obj/%.o)
JUDGE_LIB := $(filter-out $(B)/obj/analyzer/main.o,$(JUDGE_OBJ))

all: $(B)/leakgraph $(B)/liblgpreload.so

$(B)/leakgraph: $(JUDGE_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) -o $@ $^ $(JUDGE_LIBS)

$(B)/liblgpreload.so: $(SHIM_OBJ) preload/exports.map
	$(call say,LINK,$@)
	$(Q)$(CC) $(OPT) $(SHIM_LINK) -o $@ $(SHIM_OBJ)

$(B)/obj/preload/%.o: preload/%.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SHIM_FLAGS) $(DEPFLAGS) -c -o $@ $<

$(B)/obj/preload/%.o: preload/%.S Makefile
	$(call say,AS,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) -fPIC $(DEPFLAGS) -c -o $@ $<

$(B)/obj/analyzer/%.o: analyzer/%.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(JUDGE_FLAGS) $(DEPFLAGS) -c -o $@ $<

# Unit tests: each tests/unit/NAME.c is a check program over the analyzer's objects; T=NAME runs one.
UNIT_SRC := $(if $(T),tests/unit/$(T).c,$(wildcard tests/unit/*.c))
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(B)/unit/%)

$(B)/unit/%: tests/unit/%.c $(JUDGE_LIB) Makefile
	$(call say,UNIT,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(JUDGE_FLAGS) $(DEPFLAGS) -o $@ $< $(JUDGE_LIB) $(JUDGE_LIBS) \
		$(shell pkg-config --libs check)

unit: $(UNIT_BIN)
	@set -e; for t in $(UNIT_BIN); do $$t; done

clean:
	$(Q)rm -rf $(B)

-include $(SHIM_OBJ:.o=.d) $(JUDGE_OBJ:.o=.d) $(UNIT_BIN:=.d)

.PHONY: all unit clean
