/* The checksum of Modbus RTU frames (Serial Line V1.02, 6.2.2). Pure. */
#ifndef CRC_H
#define CRC_H

#include <stddef.h>
#include <stdint.h>

/* The low byte goes on the wire first. */
uint16_t crc16(const uint8_t *bytes, size_t n);

#endif
