/*
 * What crosses between programs: one frame a message, `kind` first, then fixed
 * little-endian fields (lib/buf). The receiver trusts nothing: msg_decode()
 * refuses a wrong length, kind, enum or text, and who may send what is the
 * receiver's to check (the channel is the identity; no message says who it is
 * from). A frame that is refused costs its sender a restart.
 */
#ifndef MSG_H
#define MSG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "build.h"
#include "reading.h"

enum msg_kind {
	MSG_HELLO = 1, /* both ways, first: unequal builds refuse to talk */
	MSG_READY,     /* child: set up, outputs safe, work begins */
	MSG_BEAT,      /* child, every second while its work advances */
	MSG_STOP, /* core: outputs safe, queue flushed, then MSG_BYE, exit */
	MSG_BYE,  /* child: all done, nothing more follows */
	MSG_READINGS,  /* line */
	MSG_EVENT,     /* line, uplink: for the journal */
	MSG_DEVICE,    /* line: a device's health changed, or its counts grew */
	MSG_LINE,      /* line: its port's state */
	MSG_COMMITTED, /* core to uplink: the journal is durable up to seq */
	MSG_ACK,       /* uplink: the broker has first..last */
	MSG_LINK,      /* uplink: its connection's state */
	MSG_ASK,       /* gatewayctl to core, on the control socket */
	MSG_TEXT,      /* core to gatewayctl: a piece of the JSON answer */
	MSG_COMMAND,   /* core to line: write this */
	MSG_RESULT,    /* line to core: what became of a command */
	MSG_HEALTH,    /* core to uplink: a piece of the lines' health, JSON */
	MSG_WISH,      /* gatewayctl to core: write this; MSG_TEXT answers */
	MSG_KEPT,   /* both ways: what a line wants to know after a restart */
	MSG_PROBE,  /* gatewayctl to core to line: one request to a unit */
	MSG_PROBED, /* line to core to gatewayctl: its answer */
	MSG_KINDS
};

enum {
	MSG_MAX = 16384, /* bytes of the largest frame */
	MSG_READINGS_MAX = 100,
	MSG_SUBJECT_MAX = 256,
	MSG_LINE_TEXT_MAX = 256,
	MSG_CHUNK_MAX = 8192,
};

/* What a person may later ask about. */
enum event_kind {
	EVENT_GATEWAY = 1, /* started, stopped, configuration changed */
	EVENT_LINE,        /* port opened, lost */
	EVENT_DEVICE,      /* lost and found */
	EVENT_POINT,       /* became bad, good again */
	EVENT_OUTPUT,      /* made safe, would not close */
	EVENT_CHILD,       /* crashed, hung, malformed frame, restarted */
	EVENT_PLUGIN,      /* refused, broke its contract */
	EVENT_CLOCK,       /* known, stepped, held */
	EVENT_STORE,       /* full, locked, recovered, data dropped */
	EVENT_LINK,        /* uplink connected, lost */
	EVENT_COMMAND,     /* who asked for what, and what became of it */
	EVENT_KINDS
};

enum device_state { DEVICE_UNKNOWN, DEVICE_ONLINE, DEVICE_LOST, DEVICE_STATES };
enum port_state { PORT_CLOSED, PORT_OPEN, PORT_FAILED, PORT_STATES };
enum link_state { LINK_OFFLINE, LINK_CONNECTING, LINK_ONLINE, LINK_STATES };

struct msg_hello {
	char build[BUILD_ID_LEN + 1];
};

struct msg_readings {
	uint16_t n;
	struct reading r[MSG_READINGS_MAX];
};

struct msg_event {
	enum event_kind kind;
	int64_t boot_ms;
	char subject[MSG_SUBJECT_MAX]; /* "north/soil-a1" */
	char text[MSG_LINE_TEXT_MAX];
};

enum {
	CODES_MAX = 12,  /* exceptions by code; [0]: all beyond 11 */
	ANSWER_BARS = 10 /* of the histogram of answer times */
};

/* Upper ends of the bars, milliseconds; the last bar has none. */
extern const uint16_t answer_bar_ms[ANSWER_BARS - 1];

/* Counts are since the line's process began. */
struct msg_device {
	uint32_t device; /* index on its line */
	enum device_state state;
	uint32_t requests, answers, timeouts, late;
	uint32_t crc;   /* answers with a wrong checksum */
	uint32_t noise; /* other answers that could not be trusted */
	uint32_t exceptions, codes[CODES_MAX];
	uint32_t answer_bars[ANSWER_BARS]; /* request's end to answer's end */
	uint32_t deadline_ms;              /* how long it has to answer now */
	uint64_t line_ms;   /* time of the line its requests have taken */
	int64_t last_ok_ms; /* boot time; 0: never */
	char text[MSG_LINE_TEXT_MAX];
};

struct msg_state { /* MSG_LINE: enum port_state, MSG_LINK: link_state */
	uint8_t state;
	uint32_t in_flight; /* MSG_LINK: messages without their PUBACK */
	uint64_t sent;      /* MSG_LINE: requests; MSG_LINK: messages acked */
	uint64_t overruns;  /* MSG_LINE: periods of living devices unread */
	uint16_t use;       /* MSG_LINE: of the last minute, per mille */
	char text[MSG_LINE_TEXT_MAX];
};

enum command_action {
	COMMAND_OPEN = 1, /* an output, until for_ms have passed */
	COMMAND_CLOSE,    /* an output */
	COMMAND_SET,      /* a setting, to `value` */
	COMMAND_ACTIONS
};

struct msg_command {
	uint64_t id; /* core's number for it */
	uint32_t series;
	enum command_action action;
	double value;
	uint32_t for_ms;
	int64_t expires_ms; /* boot time: not begun later than that */
};

/* A command as people give it: by name, and not checked against the site. */
struct msg_wish {
	enum command_action action; /* 0: what `value` means for that point */
	uint32_t for_ms;            /* 0: no time was said */
	char subject[MSG_SUBJECT_MAX]; /* "north/valves-1/relay_1" */
	char value[VALUE_TEXT_MAX];    /* "on", "off", "12.5", "auto" */
};

enum command_result {
	RESULT_DONE = 1,  /* confirmed by reading it back */
	RESULT_SENT,      /* acknowledged; the device has no way to read it */
	RESULT_REFUSED,   /* nothing was written; the text says why */
	RESULT_UNCERTAIN, /* written, not confirmed; a close goes on */
	COMMAND_RESULTS
};

struct msg_result {
	uint64_t id;
	enum command_result result;
	char text[MSG_LINE_TEXT_MAX];
};

enum { KEPT_BYTES = 64, KEPTS_MAX = 100 };

/* What a counter or a plugin must not forget, by the series of the point (a
 * plugin's: of its first). Core stores it with the readings it came among, and
 * hands all of a line's back after its hello: the line waits for `last`. */
struct kept {
	uint32_t series;
	uint8_t n;
	uint8_t bytes[KEPT_BYTES];
};

struct msg_kept {
	uint8_t last; /* core to line: there is no more */
	uint16_t n;
	struct kept k[KEPTS_MAX];
};

enum { PROBE_WORDS = 125, PROBES_MAX = 8 /* under way on a line */ };

/* One request for a person at work: made between polls, never in place of one,
 * after all writes. The line is the client's to name, the index core's to fill
 * in. */
struct msg_probe {
	uint64_t id;    /* the asker's, and in the answer; core's on its way */
	char line[65];  /* by name */
	char host[254]; /* tcp: "" the line's own; "host:port" another */
	uint32_t baud;  /* serial: 0 the line's own settings, else these */
	uint8_t parity, stop_bits;
	uint32_t timeout_ms;    /* 20 to 5000 */
	uint8_t unit, function; /* 1 to 6, 15, 16, 22 */
	uint16_t addr, count;   /* PROBE_WORDS at most */
	uint16_t nwords;        /* of a write */
	uint16_t words[PROBE_WORDS];
};

enum probe_result {
	PROBE_OK = 1,
	PROBE_TIMEOUT,
	PROBE_EXCEPTION, /* code */
	PROBE_NOISE,     /* something answered that cannot be trusted */
	PROBE_PORT,      /* no port, no connection */
	PROBE_REFUSED,   /* not sent: the text says why */
	PROBE_RESULTS
};

struct msg_probed {
	uint64_t id;
	enum probe_result result;
	uint8_t code; /* noise: 1 when it began as the unit's answer and its
			 checksum was wrong, as when two speak at once */
	uint8_t unit; /* who answered: to a universal id perhaps its own;
			 timeout: who answered an earlier request too late */
	uint32_t took_us;
	uint16_t nwords;
	uint16_t words[PROBE_WORDS]; /* registers, or coils as 0 and 1 */
	char text[MSG_LINE_TEXT_MAX];
};

struct msg_range { /* MSG_COMMITTED uses `last` */
	uint64_t first, last;
};

struct msg_text {
	uint8_t last; /* 1: the answer ends with this piece */
	char text[MSG_CHUNK_MAX];
};

struct msg {
	enum msg_kind kind;
	union {
		struct msg_hello hello;
		struct msg_readings readings;
		struct msg_event event;
		struct msg_device device;
		struct msg_state state;
		struct msg_range range;
		struct msg_text text; /* also MSG_HEALTH;
					 MSG_ASK: what is asked, `last` 1 */
		struct msg_command command;
		struct msg_result result;
		struct msg_wish wish;
		struct msg_kept kept;
		struct msg_probe probe;
		struct msg_probed probed;
	};
};

/* Bytes written, or -EMSGSIZE. */
ssize_t msg_encode(const struct msg *m, void *frame, size_t cap);
/* 0, or -EPROTO; *out is undefined after a failure. */
int msg_decode(const void *frame, size_t len, struct msg *out);
/* Encodes and sends: 0, -EAGAIN (full), or -errno as chan_send(). */
int msg_send(int fd, const struct msg *m);
/* Receives and decodes: 1 a message, 0 the peer is gone, -EAGAIN nothing,
 * -EPROTO malformed, other -errno. */
int msg_recv(int fd, struct msg *out);

/* "gateway", "line" ...; "done", "sent" ...; "?" out of range. */
const char *event_kind_name(enum event_kind k);
const char *command_result_name(enum command_result r);

#endif
