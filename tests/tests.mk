# Tests, the simulated field, the demo, fuzz targets and benchmarks.

# TEST_DIRS="lib wire" links a test with those folders alone.
TEST_DIRS ?= $(DIRS)
ALL_INC := $(call inc,$(DIRS) plugins) -Itests/unit -Itests/replay -I$(BUILD)
ALL_PKG := $(sort $(foreach d,$(TEST_DIRS),$(PKG_$(d))))
ALL_ARCHIVES := $(foreach d,$(TEST_DIRS),$(call archive,$(d)))
TEST_LIBS = $(call pkg_libs,$(ALL_PKG)) -lm

# The field is code of its own: of ours it uses lib and conf (it reads the same
# profiles) and never line, whose decoder it is there to test.
SIM_OBJECTS := $(patsubst tests/sim/%.c,$(BUILD)/obj/sim/%.o,$(wildcard tests/sim/*.c))
$(BUILD)/obj/sim/%.o: tests/sim/%.c | $(BUILD)/build_id.h
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CFLAGS) $(call inc,lib conf) -Itests/sim -c -o $@ $<
$(BUILD)/fieldsim: $(SIM_OBJECTS) $(call archive,conf) $(call archive,lib)
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $(SIM_OBJECTS) -Wl,--start-group \
		$(filter %.a,$^) -Wl,--end-group $(call pkg_libs,$(PKG_conf)) -lm

# tests/unit/test_NAME.c and tests/replay/test_NAME.c: cmocka programs.
UNIT := $(patsubst tests/%.c,$(BUILD)/tests/%,$(wildcard tests/unit/test_*.c tests/replay/test_*.c))
$(UNIT): $(BUILD)/tests/%: tests/%.c $(ALL_ARCHIVES)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(ALL_INC) $(call pkg_cflags,$(ALL_PKG)) $(LDFLAGS) \
		-o $@ $< -Wl,--start-group $(ALL_ARCHIVES) -Wl,--end-group \
		$(TEST_LIBS) -lcmocka

# tests/bad/NAME.c: plugins that misbehave; tests/good/NAME.c: ones for devices
# that only tests have.
TEST_PLUGINS := $(patsubst tests/%.c,$(BUILD)/tests/%.so,$(wildcard tests/bad/*.c tests/good/*.c))
$(TEST_PLUGINS): $(BUILD)/tests/%.so: tests/%.c plugins/gateway_device.h
	@mkdir -p $(@D)
	$(call say,LD)$(CC) -std=c17 $(CFLAGS) -fPIC -fvisibility=hidden -Iplugins -shared -o $@ $<

# tests/fuzz/fuzz_NAME.c: LLVMFuzzerTestOneInput; `make test` replays the
# corpus with fuzz_main.c, `make fuzz TIME=60` explores with libFuzzer.
FUZZ := $(patsubst tests/fuzz/%.c,$(BUILD)/tests/fuzz/%,$(filter-out tests/fuzz/fuzz_main.c,$(wildcard tests/fuzz/fuzz_*.c)))
$(FUZZ): $(BUILD)/tests/fuzz/%: tests/fuzz/%.c tests/fuzz/fuzz_main.c $(ALL_ARCHIVES)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(ALL_INC) $(call pkg_cflags,$(ALL_PKG)) $(LDFLAGS) \
		-o $@ $< $(if $(FUZZER),-fsanitize=fuzzer,tests/fuzz/fuzz_main.c) \
		-Wl,--start-group $(ALL_ARCHIVES) -Wl,--end-group $(TEST_LIBS)

.PHONY: fuzz-programs
fuzz-programs: $(FUZZ)

.PHONY: test-programs test
test-programs: all $(UNIT) $(TEST_PLUGINS) $(FUZZ)

test:
	@$(MAKE) --no-print-directory test-programs
	@$(MAKE) --no-print-directory SAN=1 test-programs
	@$(PYTHON) tests/run build build/san

.PHONY: demo demo-check lint fuzz bench
demo demo-check:
	@$(MAKE) --no-print-directory all
	@$(PYTHON) tests/demo/demo.py --build $(BUILD) \
		$(if $(filter demo-check,$@),--check)

lint: all
	$(PYTHON) tests/lint/lint.py --build $(BUILD)

# libFuzzer looks for TIME seconds at each target; what it finds is kept in
# build/fuzz/ and belongs into tests/fuzz/corpus/NAME/ once it is understood.
TIME ?= 60
fuzz:
	$(MAKE) FUZZER=1 fuzz-programs
	@set -e; for t in $(notdir $(FUZZ)); do \
		name=$${t#fuzz_}; mkdir -p build/fuzz/corpus/$$name; \
		echo "== $$t, $(TIME) s"; \
		build/fuzz/tests/fuzz/$$t -max_total_time=$(TIME) -timeout=10 \
			-rss_limit_mb=2048 -verbosity=0 -print_final_stats=1 \
			-artifact_prefix=build/fuzz/$$name- \
			build/fuzz/corpus/$$name \
			$(wildcard tests/fuzz/corpus)/$$name; \
	done

# tests/bench/NAME.c: what figures are measured with and against.
BENCH_PROGRAMS := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
$(BENCH_PROGRAMS): $(BUILD)/bench/%: tests/bench/%.c $(ALL_ARCHIVES)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(ALL_CFLAGS) $(ALL_INC) $(call pkg_cflags,$(ALL_PKG)) $(LDFLAGS) \
		-o $@ $< -Wl,--start-group $(ALL_ARCHIVES) -Wl,--end-group $(TEST_LIBS)

.PHONY: bench-programs
bench-programs: $(BENCH_PROGRAMS)

# One a subject, `make bench` all of them; the others come with what they
# measure.
export ONLY QUICK MINUTES REALTIME
BENCHES := $(patsubst tests/bench/%.py,bench-%,$(wildcard tests/bench/*.py))
.PHONY: $(BENCHES)
$(BENCHES): bench-%:
	@$(MAKE) --no-print-directory all bench-programs
	GATEWAYD_BUILD=$(BUILD) $(PYTHON) tests/bench/$*.py
bench-%:
	$(error make $@: not built yet)
# One after the other: side by side they would measure each other.
bench:
	@for b in $(sort $(BENCHES)); do $(MAKE) --no-print-directory $$b || exit 1; done
