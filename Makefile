# gatewayd: `make deps demo` shows it at work, `make deps test` proves it.
VERSION := 0.1.0
ifneq ($(filter deps,$(MAKECMDGOALS)),)
include mk/deps.mk
else

CC ?= cc
BUILD ?= build
PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
DESTDIR ?=
PYTHON ?= /usr/bin/python3

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wcast-qual -Wformat=2 -Werror
CFLAGS ?= -O2 -g
ALL_CFLAGS = -std=c17 -D_GNU_SOURCE $(WARN) $(CFLAGS) -fPIE \
	-fstack-protector-strong -MMD -MP
LDFLAGS += -pie -Wl,-z,relro,-z,now,--as-needed

# `make SAN=1 ...` builds and tests the same under ASan and UBSan; FUZZER=1 is
# what `make fuzz` builds with.
ifdef SAN
BUILD := build/san
CFLAGS := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
else ifdef FUZZER
BUILD := build/fuzz
CC := clang
CFLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS += -fsanitize=address,undefined
else
ALL_CFLAGS += -D_FORTIFY_SOURCE=2
endif

# A folder sees itself and those it may use, nothing else: the layers of
# gatewayd/README.md, enforced by -I.
DIRS := lib wire conf device store line core uplink ctl
USES_lib :=
USES_wire := lib
USES_conf := lib
USES_device := lib wire conf
USES_store := lib wire
USES_line := lib wire conf device plugins
USES_core := lib wire conf store
USES_uplink := lib wire conf store
USES_ctl := lib wire conf device store

PKG_conf := yaml-0.1
PKG_store := sqlite3
PKG_line := libmodbus
PKG_core := libsystemd jansson
PKG_uplink := libsystemd libmosquitto jansson
PKG_ctl := jansson

folder = $(if $(filter plugins,$(1)),plugins,gatewayd/$(1))
inc = $(foreach d,$(1),-I$(call folder,$(d)))
pkg_cflags = $(if $(1),$(shell pkg-config --cflags $(1) 2>/dev/null))
pkg_libs = $(if $(1),$(shell pkg-config --libs $(1) 2>/dev/null))

sources = $(wildcard gatewayd/$(1)/*.c)
objects = $(patsubst gatewayd/%.c,$(BUILD)/obj/%.o,$(call sources,$(1)))
# Everything of a program but its main(), so that tests can link it.
archive = $(BUILD)/lib$(1).a

PROGRAMS := gatewayd gatewayd-line gatewayd-uplink gatewayctl
FOLDER_gatewayd := core
FOLDER_gatewayd-line := line
FOLDER_gatewayd-uplink := uplink
FOLDER_gatewayctl := ctl

PLUGINS := $(patsubst plugins/%.c,$(BUILD)/plugins/%.so,$(wildcard plugins/*.c))

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
.SECONDEXPANSION:
MAKEFLAGS += --no-builtin-rules
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

.PHONY: all
all: $(PROGRAMS:%=$(BUILD)/%) $(PLUGINS) $(BUILD)/fieldsim

# `make V=1` shows whole commands.
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $@;)

define FOLDER_RULES
$(BUILD)/obj/$(1)/%.o: gatewayd/$(1)/%.c | $(BUILD)/build_id.h
	@mkdir -p $$(@D)
	$$(call say,CC)$$(CC) $$(ALL_CFLAGS) $(call inc,$(1) $(USES_$(1))) -I$(BUILD) \
		$(call pkg_cflags,$(PKG_$(1))) -c -o $$@ $$<

$(call archive,$(1)): $(filter-out %/main.o,$(call objects,$(1)))
	@rm -f $$@
	$$(call say,AR)ar rcs $$@ $$^
endef
$(foreach d,$(DIRS),$(eval $(call FOLDER_RULES,$(d))))

$(BUILD)/obj/lib/build.o: $(BUILD)/build_id.h

program_libs = $(sort $(foreach d,$(1) $(USES_$(1)),$(PKG_$(d))))
define PROGRAM_RULE
$(BUILD)/$(1): $(BUILD)/obj/$(2)/main.o $(foreach d,$(2) $(filter-out plugins,$(USES_$(2))),$(call archive,$(d)))
	$$(call say,LD)$$(CC) $$(ALL_CFLAGS) $$(LDFLAGS) -o $$@ $$< -Wl,--start-group \
		$$(filter %.a,$$^) -Wl,--end-group \
		$(call pkg_libs,$(call program_libs,$(2))) -lm
endef
$(foreach p,$(PROGRAMS),$(eval $(call PROGRAM_RULE,$(p),$(FOLDER_$(p)))))

# Unequal builds refuse to talk: a hash of all that makes a build what it is.
$(BUILD)/build_id.h: $(wildcard gatewayd/*/*.[ch]) plugins/gateway_device.h Makefile
	@mkdir -p $(@D)
	@id=$$( (cat $^; echo '$(ALL_CFLAGS)'; $(CC) --version) | sha256sum | cut -c1-32); \
	printf '#define GATEWAYD_VERSION "%s"\n#define GATEWAYD_BUILD_ID "%s"\n' \
		'$(VERSION)' "$$id" >$@

# A plugin is self-contained: it may call the C library's pure functions only.
$(BUILD)/plugins/%.so: plugins/%.c plugins/gateway_device.h
	@mkdir -p $(@D)
	$(call say,LD)$(CC) -std=c17 $(WARN) $(CFLAGS) -fPIC -fvisibility=hidden \
		-Iplugins -shared -Wl,-z,relro,-z,now $(if $(SAN),,-Wl$(comma)-z$(comma)defs) \
		$(if $(SAN),-fsanitize=address$(comma)undefined) -o $@ $< -lm
comma := ,

include tests/tests.mk
include mk/install.mk

.PHONY: clean
clean:
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

endif # deps
