# `make deps GOAL...`: the other goals run after deps, in a make of their own,
# because pkg-config can only be asked once deps has brought it.
OTHERS := $(filter-out deps,$(MAKECMDGOALS))
FIRST := $(firstword $(OTHERS))
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif

.PHONY: deps $(OTHERS)
deps:
	sh mk/deps.sh build test

ifneq ($(FIRST),)
$(FIRST): deps
	+$(MAKE) --no-print-directory $(OTHERS)
$(filter-out $(FIRST),$(OTHERS)): $(FIRST)
	@:
endif
