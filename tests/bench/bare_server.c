/*
 * A Modbus TCP device of libmodbus's making: holding register a holds a, for
 * whichever unit is asked, one master at a time.
 *
 *   bare_server PORT REGISTERS
 */
#include <modbus.h>
#include <stdint.h>
#include <stdlib.h>

static void
serve(modbus_t *m, modbus_mapping_t *map)
{
	uint8_t request[MODBUS_TCP_MAX_ADU_LENGTH];
	int n;

	while ((n = modbus_receive(m, request)) != -1)
		if (n > 0 && modbus_reply(m, request, n, map) == -1)
			return;
}

int
main(int argc, char **argv)
{
	modbus_t *m;
	modbus_mapping_t *map;
	int listener;

	if (argc != 3)
		return 2;
	m = modbus_new_tcp("127.0.0.1", atoi(argv[1]));
	map = modbus_mapping_new(0, 0, atoi(argv[2]), 0);
	if (m == NULL || map == NULL)
		return 2;
	for (int i = 0; i < map->nb_registers; i++)
		map->tab_registers[i] = (uint16_t)i;
	listener = modbus_tcp_listen(m, 1);
	while (modbus_tcp_accept(m, &listener) != -1) {
		serve(m, map);
		modbus_close(m);
	}
	return 1;
}
