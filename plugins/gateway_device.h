/*
 * gateway_device.h - the contract between gatewayd and a device-type plugin,
 * version 1.2.
 *
 * A plugin is a description and a few pure functions. It does no I/O, keeps no
 * writable globals, allocates nothing and calls nothing of the gateway's: it
 * says which registers to read, turns words into samples and commands into
 * writes. The line owns the bus, the clock, the retries and the state, and
 * checks everything that comes back (a count beyond its capacity, an index
 * beyond its table, NaN: the device's readings are then bad, with the reason).
 *
 * Pointers in are lent for the call. Arrays out are the caller's, with their
 * capacity; a function returns how many it filled, or a negative number with
 * the reason in *err where there is one. Texts are UTF-8.
 *
 * Change by appending: a new last field of gw_device_type raises the minor and
 * is read only if `size` covers it; a new op raises the minor and is heeded
 * only from a plugin built for it; anything else raises the major.
 *
 * 1.1: GW_RAW_READ, GW_RAW_WRITE, and values of one coil beyond 0 and 1.
 * 1.2: state that outlives a restart, the time of a read, GW_WRITE_ONLY.
 */
#ifndef GATEWAY_DEVICE_H
#define GATEWAY_DEVICE_H

#include <stdint.h>

#define GW_ABI_MAJOR 1u
#define GW_ABI_MINOR 2u
#define GW_ABI       (GW_ABI_MAJOR << 16 | GW_ABI_MINOR)

enum { GW_HOLDING, GW_INPUT, GW_COIL, GW_DISCRETE };            /* table */
enum { GW_READ = 1, GW_WRITE, GW_PAUSE };                       /* op */
enum { GW_RAW_READ = 4, GW_RAW_WRITE };                         /* op, 1.1 */
enum { GW_KEY_BOOL, GW_KEY_INT, GW_KEY_REAL, GW_KEY_CHOICE };   /* key type */
enum { GW_GAUGE, GW_COUNTER, GW_STATE, GW_SETTING, GW_OUTPUT }; /* kind */
enum { GW_NONE, GW_INT64, GW_UINT64, GW_DOUBLE, GW_TEXT };      /* value type */
enum { GW_GOOD, GW_UNCERTAIN, GW_BAD };                         /* quality */
enum { GW_REQUIRED = 1 };                                       /* key flag */
enum { GW_RANGE = 1, GW_IS_TEXT = 2, GW_WRITABLE = 4 };         /* point flag */

enum { GW_WORDS_MAX = 123, GW_BYTES_MAX = 252, GW_TEXT_MAX = 64 };
enum { GW_KEPT_MAX = 56 };  /* 1.2 */
enum { GW_WRITE_ONLY = 1 }; /* op flag, 1.2 */

/* One key of the device's `settings:`. The gateway parses it, checks type and
 * range, fills the default and reports file:line:column; the plugin gets a
 * double (a choice as its index, a bool as 0 or 1). */
struct gw_key {
	const char *name;    /* a-z 0-9 _ */
	const char *help;    /* one sentence */
	const char *unit;    /* NULL: none */
	const char *choices; /* GW_KEY_CHOICE: "raw|percent" */
	double min, max, fallback;
	uint32_t type, flags;
};

struct gw_point {
	const char *name; /* a-z 0-9 _: "total" */
	const char *unit; /* UCUM: "m3", "Cel", "%"; NULL: none */
	double min, max;  /* with GW_RANGE: outside is a bad reading */
	uint32_t kind, flags;
	uint32_t span; /* losing this span makes its reading bad */
};

/* One step on the bus. The line runs a list in order and hands each read's
 * words to decode().
 *
 * GW_RAW_READ and GW_RAW_WRITE send a function that no table has, with bytes as
 * they stand: `table` is the function code, 1 to 127, but none that the other
 * ops send; `addr` counts the bytes behind it, one a word in `words`; `count`
 * the bytes that the answer has behind it, one a word to decode(). 08, 21 and
 * 23 change things: GW_RAW_WRITE only. An answer that is the request again byte
 * for byte may be an echo of the wire: a raw read does not believe it. */
struct gw_op {
	/* flags, 1.2: GW_WRITE_ONLY with a GW_WRITE whose registers hold
	 * nothing that could be read back (a command's word). As with a raw
	 * write, only a read behind it tells what it did. */
	uint8_t op, table, span, flags;
	uint16_t addr;  /* as on the wire, from zero */
	uint16_t count; /* words or coils; GW_PAUSE: ms */
	/* GW_WRITE. A coil is 0 or 1; one alone may be anything else, which is
	 * then sent as FC05's value as it stands: no toggles, since a write may
	 * be repeated. */
	uint16_t words[GW_WORDS_MAX];
};

struct gw_sample {
	uint32_t point;  /* index in points */
	uint8_t quality; /* GW_BAD: the value is not looked at */
	uint8_t type;
	uint16_t reserved;
	union {
		int64_t i;
		uint64_t u;
		double r;
		char text[GW_TEXT_MAX];
	} value;
};

struct gw_err {
	int32_t key; /* index of the key to blame, or -1 */
	char text[124];
};

struct gw_device_type {
	uint32_t abi, size; /* GW_ABI, sizeof(struct gw_device_type) */
	const char *name;   /* equals the file's name without .so */
	const char *summary;
	const struct gw_key *keys;
	const struct gw_point *points;
	uint32_t nkeys, npoints;
	uint32_t state_size; /* bytes a device, zeroed, the line's */
	uint32_t reserved;

	/* Settle what no single key can; fill the state. 0, or negative. */
	int (*init)(void *state, const double *settings, struct gw_err *err);
	/* What to do in poll number `cycle`. */
	int (*plan)(
	    const void *state, uint32_t cycle, struct gw_op *out, int cap);
	/* The words of one span (host order; a coil is 0 or 1) to samples. */
	int (*decode)(void *state, uint32_t span, const uint16_t *words,
	    int count, struct gw_sample *out, int cap);
	/* A command: writes, and last the read of the span whose sample of the
	 * point confirms it. A list that was cut short is run again whole; one
	 * that did not take, only once its read has looked again. NULL:
	 * nothing is writable. */
	int (*encode)(const void *state, uint32_t point, double value,
	    struct gw_op *out, int cap, struct gw_err *err);
	/* What makes the device harmless. The line reads back each GW_WRITE,
	 * but what a raw write, one GW_WRITE_ONLY or an odd coil's value did
	 * only the list can ask: a read behind it whose samples of GW_OUTPUT
	 * points are 0. NULL: it already is. */
	int (*safe)(const void *state, struct gw_op *out, int cap);

	/* 1.2. The first kept_size bytes of the state, at most GW_KEPT_MAX, are
	 * stored with the readings they came among, and laid over the state
	 * behind init() when the gateway starts anew. They are stored whenever
	 * they change: keep what changes now and then in front, what changes in
	 * every poll behind. They come from a file: decode() copes with any. */
	uint32_t kept_size;
	/* 1.2. Longest time that its outputs may be on, seconds, at most a
	 * week: beyond it a command is refused. 0: four hours. */
	uint32_t max_on_s;
	/* Those bytes are there again. same_boot 0: the machine was off in
	 * between, nobody knows how long, and its clock began anew. NULL:
	 * there is nothing to do. */
	void (*restored)(void *state, uint32_t same_boot);
	/* decode() for what takes time, called in its place: an hourly sum, a
	 * valve on its way. now_ms: milliseconds since this boot, as the words
	 * came; it never goes back and no one can set it. With it decode may be
	 * NULL; gateways before 1.2 then refuse the plugin rather than misread
	 * it. */
	int (*decode_at)(void *state, uint64_t now_ms, uint32_t span,
	    const uint16_t *words, int count, struct gw_sample *out, int cap);
};

/* The one symbol a plugin exports. */
extern const struct gw_device_type gw_device_type
    __attribute__((visibility("default")));

#endif
