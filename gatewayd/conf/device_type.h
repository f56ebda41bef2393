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
	KIND_OUTPUT,
	KIND_PART /* read for the formulas of others; has no readings itself */
};

enum { ORDER_MAX = 8, NO_DATA_MAX = 8, ON_WORDS_MAX = 4, TIMER_WORDS_MAX = 4 };

struct choice { /* enum: {0: closed, 1: open} */
	int64_t value;
	const char *name;
};

/* A formula over other points of the device, in reverse Polish order: each step
 * pushes a number or a point's value, or takes its operands off the stack.
 * Conditions are 1 and 0. See device/formula.h. */
enum formula_op {
	F_NUMBER,
	F_POINT,
	F_NEGATE,
	F_ADD,
	F_SUBTRACT,
	F_MULTIPLY,
	F_DIVIDE,
	F_POWER,
	F_LESS,
	F_LESS_EQUAL,
	F_GREATER,
	F_GREATER_EQUAL,
	F_EQUAL,
	F_UNEQUAL,
	F_AND,
	F_OR,
	F_NOT,
	F_IF, /* if(condition, then, else) */
	F_MIN,
	F_MAX,
	F_ABS,
	F_SQRT,
	F_EXP,
	F_LN,
	F_LOG10,
	F_FLOOR,
	F_DEW_POINT, /* dew_point(Cel, %RH) */
	FORMULA_OPS
};

enum { FORMULA_STEPS = 64, FORMULA_DEPTH = 16, FORMULA_INPUTS = 8 };

struct formula_step {
	enum formula_op op;
	uint16_t point; /* F_POINT: index in the type's points */
	double number;  /* F_NUMBER */
};

struct formula {
	const struct formula_step
	    *steps; /* checked: never underflows, leaves
		       one number, depth <= FORMULA_DEPTH */
	uint16_t nsteps;
	uint16_t inputs[FORMULA_INPUTS]; /* points in it, each once */
	uint16_t ninputs;
};

/* A calibration: what the scaled value means. */
enum curve_kind {
	CURVE_NONE,
	CURVE_POLYNOMIAL, /* numbers[0] + numbers[1] x + numbers[2] x^2 ... */
	CURVE_TABLE       /* pairs x, y with rising x; straight lines between;
			     outside it there is no value (range) */
};

struct curve {
	enum curve_kind kind;
	const double *numbers;
	size_t n; /* numbers; a table has n / 2 pairs */
};

/* A device's own timer: written instead of a plain "on", so that the output
 * closes by itself when nobody closes it. The words go to addr (coil: FC05 with
 * that value as it stands; holding: FC06 for one, FC16 for several). */
struct output_timer {
	enum reg_table table; /* coil, holding */
	uint16_t addr;
	uint8_t nwords;  /* 0: none */
	uint8_t time_at; /* which of the words is the time, in steps */
	uint16_t words[TIMER_WORDS_MAX];
	uint32_t step_ms, longest_ms;
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
	/* A state that is on at these words and off at all others; 0: none. */
	uint8_t non_words;
	uint16_t on_words[ON_WORDS_MAX];

	const char *help;              /* NULL: none */
	const struct formula *formula; /* derived: it has no place then */
	const char *formula_text;      /* as written */
	struct curve curve;            /* after scale and offset */
	/* A counter that may be cleared or wrap round: what it has counted is
	 * added up, beyond restarts of ours. */
	bool accumulate;
	double wraps_at; /* in raw counts; 0: the width of its type */
	/* While it is true (not 0) the reading is uncertain, reason frozen. */
	const struct formula *frozen;
	uint32_t stuck_ms; /* the same value for longer is uncertain, reason
			      stale; 0: never */

	/* Outputs. */
	int32_t confirm;    /* the point that shows what it really does: a read
			       of that one confirms; -1: its own register */
	uint32_t settle_ms; /* how long it may take until it does */
	struct output_timer timer;
	uint32_t pulse_ms;   /* latching: a pulse of so long to `addr` opens, */
	uint16_t close_addr; /* one to here closes (same table); 0: level */
};

/* A register that the device needs set before it works as the profile says:
 * written, and read back, at the start and whenever the device returns. */
struct setup {
	enum reg_table table; /* holding, coil */
	uint16_t addr, value;
};

/* Registers that must never be written, whoever asks. */
struct never_write {
	enum reg_table table; /* holding, coil */
	uint16_t addr, count;
	const char *why;
};

/* What tells this type from others that answer to the same requests. */
struct identity {
	enum reg_table table;
	uint16_t addr;
	bool lacks;           /* it refuses this register */
	uint16_t mask;        /* 0xFFFF: all bits */
	uint16_t least, most; /* a value in this range */
};

/* A register of the device's own settings, for commissioning. */
struct choice_register {
	bool present;
	uint16_t addr;        /* holding */
	uint8_t function;     /* 6 or 16 */
	uint16_t least, most; /* unit: what it takes */
	/* baud: 9600 -> word; parity: enum parity -> word. */
	const struct choice_word {
		uint32_t means;
		uint16_t word;
	} * words;
	size_t nwords;
};

struct commissioning {
	uint8_t universal; /* answers to this unit whatever its own; 0: none */
	struct choice_register unit, baud, parity;
	bool has_save; /* written last, or it is forgotten */
	uint16_t save_addr, save_word;
	const char *then; /* "switch it off and on"; NULL: nothing */
};

/* The device closes its outputs when nobody talks to it for `time`: the
 * register is set at the start and whenever the device returns. */
struct watchdog {
	bool present;
	uint16_t addr; /* holding */
	uint32_t step_ms, time_ms;
};

/* Frames of a manual, and what they mean: the profile's own test. */
struct example_reading {
	uint16_t point;
	const char *text; /* "65.8", "bad", "bad range", "uncertain frozen" */
};

struct example_frames {
	const uint8_t *request, *answer; /* whole RTU frames, CRC checked */
	size_t nrequest, nanswer;
};

struct example {
	const char *from; /* NULL: not said */
	uint32_t line;    /* of the file */
	const struct example_frames *frames;
	size_t nframes;
	const struct example_reading *readings;
	size_t nreadings;
};

enum type_status {
	STATUS_DOCUMENTED,  /* from the maker's own document */
	STATUS_TRANSCRIBED, /* from somebody's copy of it */
	STATUS_REPORTED,    /* from other people's programs */
	STATUS_UNVERIFIED,  /* with something to check at commissioning */
	STATUSES
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
	const char *variant;        /* NULL: none */
	const char *notes, *wiring; /* NULL: not said */
	enum type_status status;
	const char *const *checks; /* at commissioning, one sentence each */
	size_t nchecks;
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
	struct watchdog watchdog;
	struct commissioning commission;
	const struct never_write *never;
	size_t nnever;
	const struct identity *identity;
	size_t nidentity;
	const struct example *examples;
	size_t nexamples;
	const char *const *variants; /* names of the file's variants */
	size_t nvariants;
	const struct point_type *points;
	size_t npoints;
	const struct setting_key *keys;
	size_t nkeys;
};

#endif
