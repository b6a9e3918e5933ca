# vrpsh: "make help" lists the targets. Sources are found by room; nothing is listed here by name.
#
# VARIANT=plain (default), asan, tsan or fuzz chooses flags and a build directory of its own.

VARIANT ?= plain
B := build/$(VARIANT)
CC ?= cc
PREFIX ?= /usr/local
VERSION := $(shell cat tools/version)

WARN := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla -Werror
BASE := -std=c17 -D_GNU_SOURCE -g -pthread -I. -I$(B)/gen -DVRPSH_VERSION='"$(VERSION)"' -fstack-protector-strong
FLAGS_plain := -O2 -D_FORTIFY_SOURCE=2
FAST_plain := -O3
FLAGS_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FLAGS_tsan := -O1 -fsanitize=thread
FLAGS_fuzz := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
ifeq ($(VARIANT),fuzz)
CC := clang
WARN := # the warnings that are errors are those of the compiler everybody builds with
endif
CFLAGS := $(BASE) $(WARN) $(FLAGS_$(VARIANT)) $(EXTRA_CFLAGS)
# Our own allocations go through engine/reserve.c, which the first archive must bring along.
WRAP := -Wl,-u,__wrap_malloc $(foreach f,malloc calloc realloc reallocarray strdup strndup,-Wl,--wrap=$(f))
LDFLAGS := -pthread $(FLAGS_$(VARIANT)) $(WRAP)
LDLIBS := -ledit -lsqlite3 -lpcre2-8 -luv -lmnl -lsodium -lz

room = $(sort $(wildcard $(1)/*.c $(1)/*/*.c))
obj = $(patsubst %.c,$(B)/%.o,$(1))
CLI := $(call room,cli)
ENGINE := $(call room,engine)
SCHEMA := $(call room,schema)
BGP := $(call room,bgp)
DECL := $(sort $(wildcard schema/*.vrp))
GEN := $(B)/gen/schema_gen.h $(B)/gen/schema_gen.c

BINARY := $(B)/vrpsh
LIBS := $(B)/libcli.a $(B)/libengine.a $(B)/libschema.a $(B)/libbgp.a
UNIT := $(patsubst tests/unit/%.c,$(B)/unit/%,$(sort $(wildcard tests/unit/test_*.c)))
FUZZ := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
TOOLS := $(patsubst tools/%.c,$(B)/tools/%,$(sort $(wildcard tools/*.c)))

.PHONY: help all build demo run test bench soak install clean deps unit fuzz tools format check-format docs
.DEFAULT_GOAL := help
.SECONDARY:
.DELETE_ON_ERROR:

help:
	@echo "make demo     install what is missing, build, open the AGG-MASG session on this machine"
	@echo "make test     install what is missing, build, run every test: ends with N passed, N failed"
	@echo "make build    only build ($(BINARY))"
	@echo "make run      build and start a private shell on a scratch datastore"
	@echo "make bench    measure vrpsh beside the packaged peers"
	@echo "make soak     the long loops and the sanitizers, two hours"
	@echo "make install  install the program, man page and unit file below PREFIX ($(PREFIX))"
	@echo "make docs     generate the command reference ($(B)/commands.md)"
	@echo "make clean    remove build/"

all build: $(BINARY)

demo:
	@tools/deps.sh demo
	@$(MAKE) --no-print-directory -j2 build
	@tools/demo.sh $(BINARY)

test:
	@tools/deps.sh test
	@$(MAKE) --no-print-directory -j2 build unit tools
	@tests/run.sh $(B)

bench:
	@tools/deps.sh test
	@$(MAKE) --no-print-directory -j2 build tools
	@tests/bench/run.sh $(B)

soak:
	@tools/deps.sh test
	@$(MAKE) --no-print-directory -j2 build unit tools
	@tests/soak.sh

run: build
	@d=$$(mktemp -d) && trap 'rm -rf "$$d"' EXIT && $(BINARY) --private --bgp-port 1790 -d "$$d/vrpsh.db"

unit: $(UNIT)
fuzz: $(FUZZ)
tools: $(TOOLS)
docs: $(B)/commands.md

# The schema compiler is built first, plain; its tables belong to the schema room.
SCHEMAC := $(B)/schemac
SCHEMAC_SRC := $(sort $(wildcard tools/schemac/*.c))
$(SCHEMAC): $(SCHEMAC_SRC) $(wildcard tools/schemac/*.h) | $(B)/gen
	@echo "  CC    schemac"
	@$(CC) $(BASE) $(WARN) -O1 -o $@ $(SCHEMAC_SRC)
$(B)/gen/schema_gen.c: $(SCHEMAC) $(DECL)
	@echo "  GEN   schema tables"
	@$(SCHEMAC) -c $@ -h $(B)/gen/schema_gen.h $(DECL)
$(B)/gen/schema_gen.h: $(B)/gen/schema_gen.c
	@: # written together; a recipe makes what depends on the header see it
$(B)/commands.md: $(SCHEMAC) $(DECL)
	@$(SCHEMAC) -m $@ $(DECL)

$(B)/%.o: %.c | $(GEN)
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<
# Routes are what has to be fast: a tenth less time for them, and only the speaker's code is larger.
$(B)/bgp/%.o: CFLAGS += $(FAST_$(VARIANT))
# The tables hold offsets into these structs.
$(B)/gen/schema_gen.o: $(B)/gen/schema_gen.c schema/schema.h schema/conf.h bgp/conf.h bgp/types.h
	@$(CC) $(CFLAGS) -c -o $@ $<

define archive
	@rm -f $@ && ar rcs $@ $^
endef
$(B)/libcli.a: $(call obj,$(filter-out cli/main.c,$(CLI)))
	$(archive)
$(B)/libengine.a: $(call obj,$(ENGINE))
	$(archive)
$(B)/libschema.a: $(call obj,$(SCHEMA)) $(B)/gen/schema_gen.o
	$(archive)
$(B)/libbgp.a: $(call obj,$(BGP))
	$(archive)

$(BINARY): $(B)/cli/main.o $(LIBS)
	@echo "  LINK  $@"
	@$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/unit/%: tests/unit/%.c $(LIBS)
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CFLAGS) -Wno-missing-prototypes -MMD -MP $(LDFLAGS) -o $@ $< $(LIBS) $(LDLIBS) \
		$$(pkg-config --cflags --libs check)
$(B)/tools/%: tools/%.c $(LIBS)
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CFLAGS) -Itools -MMD -MP $(LDFLAGS) -o $@ $< $(filter %.o,$^) $(LIBS) $(LDLIBS)
$(B)/tools/bgp_load: $(call obj,$(call room,tools/load))
$(B)/tools/load/%.o: CFLAGS += -Itools
$(B)/fuzz/%: tests/fuzz/%.c $(LIBS)
	@mkdir -p $(@D)
	@echo "  CC    $<"
	@$(CC) $(CFLAGS) -MMD -MP -fsanitize=fuzzer $(WRAP) -o $@ $< $(LIBS) $(LDLIBS)

$(B)/gen:
	@mkdir -p $@

install: build docs
	install -D -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/vrpsh
	install -D -m 644 tools/vrpsh.1 $(DESTDIR)$(PREFIX)/share/man/man1/vrpsh.1
	install -D -m 644 $(B)/commands.md $(DESTDIR)$(PREFIX)/share/doc/vrpsh/commands.md
	install -D -m 644 README.md $(DESTDIR)$(PREFIX)/share/doc/vrpsh/README.md
	install -D -m 644 LICENSE $(DESTDIR)$(PREFIX)/share/doc/vrpsh/copyright
	install -d -m 755 $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's,@BIN@,$(PREFIX)/bin,' tools/vrpsh.service >$(DESTDIR)$(PREFIX)/lib/systemd/system/vrpsh.service

FORMATTED := $(wildcard cli/*.[ch] cli/*/*.[ch] engine/*.[ch] engine/*/*.[ch] schema/*.[ch] bgp/*.[ch] bgp/*/*.[ch] \
	tests/unit/*.[ch] tests/fuzz/*.[ch] tools/*.c tools/load/*.[ch] tools/schemac/*.[ch])
format:
	clang-format -i $(FORMATTED)
check-format:
	clang-format --dry-run -Werror $(FORMATTED)

clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
