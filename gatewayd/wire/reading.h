/*
 * A reading: one value of one series at one moment, with its quality. Numbers
 * stay exact to 64 bits. A bad reading has no value: never NaN, never zero,
 * never the last value again.
 */
#ifndef READING_H
#define READING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_type {
	VALUE_NONE,
	VALUE_INT,
	VALUE_UINT, /* only above INT64_MAX: see value_uint() */
	VALUE_REAL, /* always finite */
	VALUE_TEXT, /* UTF-8 without control characters */
	VALUE_TYPES
};

enum { VALUE_TEXT_MAX = 64 }; /* bytes, the closing NUL included */

struct value {
	enum value_type type;
	union {
		int64_t i;
		uint64_t u;
		double r;
		char text[VALUE_TEXT_MAX];
	};
};

enum quality { QUALITY_GOOD, QUALITY_UNCERTAIN, QUALITY_BAD, QUALITIES };

enum reason {
	REASON_NONE,
	REASON_RANGE,       /* outside the point's range */
	REASON_NO_DATA,     /* a no-data code, NaN or infinity */
	REASON_TIMEOUT,     /* the unit did not answer */
	REASON_EXCEPTION,   /* the unit refused; `detail` is the code */
	REASON_NOISE,       /* an answer that cannot be trusted */
	REASON_PORT,        /* the line's port or connection is gone */
	REASON_PLUGIN,      /* the plugin broke its contract */
	REASON_STALE,       /* the same value for longer than can be */
	REASON_FROZEN,      /* frozen soil reads low */
	REASON_CLOCK,       /* the time is not known to be right */
	REASON_UNCONFIRMED, /* written, not read back yet */
	REASON_WARM_UP,     /* the device has only just been switched on */
	REASONS
};

struct reading {
	uint32_t series; /* index in the configuration, see conf/site.h */
	int64_t boot_ms; /* CLOCK_BOOTTIME of the actual read */
	struct value value;
	enum quality quality;
	enum reason reason;
	uint8_t detail;
};

struct value value_int(int64_t i);
/* VALUE_INT wherever it fits, so that equal numbers are equal values. */
struct value value_uint(uint64_t u);
/* VALUE_NONE when r is not finite. */
struct value value_real(double r);
/* VALUE_NONE when s is too long or holds control characters. */
struct value value_text(const char *s);
bool value_equal(const struct value *a, const struct value *b);
/* As a number for deadbands and bars; NAN for text and none. */
double value_number(const struct value *v);
/* Shortest decimal that reads back to the same value, a dot whatever the
 * locale; "" for none. Returns out. */
const char *value_format(const struct value *v, char *out, size_t size);

/* "good", "range" ...; "?" out of range. */
const char *quality_name(enum quality q);
const char *reason_name(enum reason r);

#endif
