/* Frames on a serial line and on TCP, as the standards lay them out. */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PDU_MAX = 253, RTU_MAX = 256, MBAP_LEN = 7, MBAP_LENGTH_MAX = 254 };

/* CRC-16/MODBUS; it goes on the wire low byte first. */
uint16_t frame_crc(const uint8_t *bytes, size_t n);
/* Appends the CRC to n bytes; returns n + 2. */
size_t frame_seal(uint8_t *bytes, size_t n);
bool frame_crc_ok(const uint8_t *bytes, size_t n);

/* How long the RTU request is that these bytes begin, CRC included; 0: too
 * few to tell; -1: no function this could be. */
int frame_request_length(const uint8_t *bytes, size_t n);

uint16_t get16(const uint8_t *at);
void set16(uint8_t *at, unsigned v);

#endif
