/* Any bytes as the answer to any request: no crash, no value that the frame
 * does not hold. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t functions[] = {1, 2, 3, 4, 5, 6, 15, 16, 0, 43};
	static uint16_t out[READ_COILS_MAX], words[READ_COILS_MAX];
	uint8_t sent[FRAME_MAX], code = 0;

	if (size < 8)
		return 0;
	struct request q = {.tcp = data[0] & 1,
	    .function = functions[data[1] % sizeof(functions)],
	    .unit = data[2],
	    .addr = (uint16_t)(data[3] << 8 | data[4]),
	    .count = (uint16_t)((data[5] & 0xF) << 8 | data[6]),
	    .transaction = data[7]};
	if (q.function > FC_READ_INPUT)
		q.words = words;
	size_t n = request_frame(&q, sent);
	if (n > FRAME_MAX || request_answer_len(&q) > 9000)
		abort();
	data += 8;
	size -= 8;
	/* A copy of the exact size, so that a byte too far is seen. */
	uint8_t *frame = malloc(size + (size == 0));
	if (frame == NULL)
		return 0;
	if (size > 0)
		memcpy(frame, data, size);
	enum reply r = reply_check(&q, frame, size, out, &code);
	if (n == 0 && r != REPLY_GARBAGE)
		abort();
	if (r == REPLY_OK && size != request_answer_len(&q))
		abort();
	if (r == REPLY_EXCEPTION && code == 0)
		abort();
	if (!q.tcp)
		(void)reply_find(&q, frame, size);
	free(frame);
	return 0;
}
