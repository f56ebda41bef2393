/*
 * A device type: what a profile (YAML register map) or a plugin (shared
 * object, described by `gatewayd-line --describe`) offers. Both look the same
 * from here: named points, and for a plugin the keys of its settings.
 */
#ifndef DEVICE_TYPE_H
#define DEVICE_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reg_table { TABLE_HOLDING, TABLE_INPUT, TABLE_COIL, TABLE_DISCRETE };

enum reg_type {
	REG_INT8,
	REG_UINT8,
	REG_INT16,
	REG_UINT16,
	REG_INT32,
	REG_UINT32,
	REG_INT64,
	REG_UINT64,
	REG_FLOAT32,
	REG_FLOAT64,
	REG_BOOL,
	REG_BITS,
	REG_BCD16,
	REG_BCD32,
	REG_STRING
};

enum point_kind {
	KIND_GAUGE,
	KIND_COUNTER,
	KIND_STATE,
	KIND_SETTING,
	KIND_OUTPUT
};

enum { ORDER_MAX = 8, NO_DATA_MAX = 8 };

struct choice { /* enum: {0: closed, 1: open} */
	int64_t value;
	const char *name;
};

struct point_type {
	const char *name;
	const char *unit; /* UCUM/SenML code; NULL: none */
	enum point_kind kind;
	bool text; /* its readings are texts */
	bool has_range;
	double min, max;
	uint32_t every_ms; /* 0: the device's */

	/* Profiles only: where and how it stands in the device. */
	enum reg_table table;
	uint16_t addr;  /* protocol address, from zero */
	uint16_t count; /* registers (holding, input) or 1 coil */
	enum reg_type type;
	/* Where each byte of the value, most significant first, stands on the
	 * wire: ABCD is {0,1,2,3}, CDAB {2,3,0,1}. `count * 2` of them. */
	uint8_t order[ORDER_MAX];
	uint64_t mask; /* 0: none; applied before the shift */
	uint8_t shift;
	/* value = raw * mul / div + offset: 0.01 is mul 1, div 100, so that
	 * 1821 becomes 18.21 exactly. mul 1, div 1, offset 0 keeps integers. */
	double mul, div, offset;
	uint64_t no_data[NO_DATA_MAX]; /* raw bits, after mask and shift */
	uint8_t nno_data;
	const struct choice *choices;
	size_t nchoices;
	bool writable;      /* settings and outputs */
	bool safe;          /* output: its safe state */
	uint32_t max_on_ms; /* output: longest time open */
	bool write_only;    /* never read: the device has no way to */
	uint8_t function;   /* to write with: 5 6 15 16 22; 0: the usual one */
	bool has_words;     /* what is written for on and off: */
	uint16_t on_word, off_word;
};

/* A register that the device needs set before it works as the profile says:
 * written, and read back, at the start and whenever the device returns. */
struct setup {
	enum reg_table table; /* holding, coil */
	uint16_t addr, value;
};

enum key_type { KEY_BOOL, KEY_INT, KEY_REAL, KEY_CHOICE };

struct setting_key { /* of a plugin; values are doubles */
	const char *name, *help, *unit;
	const char *const *choices; /* KEY_CHOICE: nchoices names */
	size_t nchoices;
	double min, max, fallback;
	enum key_type type;
	bool required;
};

struct device_type {
	const char *name, *maker, *model, *source;
	bool plugin;
	const char *path; /* plugin: the shared object */
	/* Serial settings as the device leaves the factory; 0: not said. */
	uint32_t baud;
	uint8_t parity, stop_bits, unit;
	uint16_t registers_per_read; /* 1 to 125 */
	uint16_t coils_per_read;     /* 1 to 2000 */
	/* A gap of so many registers (coils) between two points, which no point
	 * covers, may be read over; 0: none. */
	uint16_t bridge_gaps;
	uint32_t quiet_ms; /* rest it needs between requests */
	uint32_t warm_up_ms;
	const struct setup *setup;
	size_t nsetup;
	const struct point_type *points;
	size_t npoints;
	const struct setting_key *keys;
	size_t nkeys;
};

#endif
