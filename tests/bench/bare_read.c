/*
 * The least a Modbus TCP master can do: libmodbus reading, and nothing else.
 * What a gateway loses against it is what it does besides.
 *
 *   bare_read HOST PORT UNITS COUNT SECONDS
 *
 * reads `count` holding registers from 0 of units 1 to `units` in turn, over
 * one connection, and prints {"reads": ..., "failed": ..., "seconds": ...}.
 */
#include <inttypes.h>
#include <modbus.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double
now(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail */
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	uint16_t words[MODBUS_MAX_READ_REGISTERS];
	uint64_t reads = 0, failed = 0;
	int units, count, unit = 0;
	double start, seconds;
	modbus_t *m;

	if (argc != 6)
		return 2;
	units = atoi(argv[3]);
	count = atoi(argv[4]);
	seconds = atof(argv[5]);
	m = modbus_new_tcp(argv[1], atoi(argv[2]));
	if (m == NULL || units < 1 || units > 247 || count < 1 ||
	    count > MODBUS_MAX_READ_REGISTERS || modbus_connect(m) == -1)
		return 2;
	for (start = now(); now() - start < seconds; reads++) {
		(void)modbus_set_slave(m, 1 + unit); /* in range */
		unit = (unit + 1) % units;
		failed += modbus_read_registers(m, 0, count, words) != count;
	}
	(void)printf("{\"reads\": %" PRIu64 ", \"failed\": %" PRIu64
		     ", \"seconds\": %.3f}\n",
	    reads, failed, now() - start);
	modbus_close(m);
	modbus_free(m);
	return 0;
}
