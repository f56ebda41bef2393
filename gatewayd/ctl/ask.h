/* Questions to the running gateway, on RUN_DIR/control.sock. */
#ifndef ASK_H
#define ASK_H

#include <stdbool.h>

struct jdoc;
struct msg_wish;

/* Asks ("status", "points") and gives the JSON answer: CTL_DONE with *out the
 * caller's to jdoc_free(), or the exit code after saying on stderr why not.
 * *text, when not NULL, is the answer as it came, the caller's to free(). */
int ask_core(const char *question, struct jdoc **out, char **text);
/* Wishes for something to be written, and waits for what becomes of it. */
int ask_write(const struct msg_wish *wish, struct jdoc **out, char **text);
/* The control socket, for more than one question: a descriptor, the caller's to
 * close(), or negative after saying on stderr why not. */
int ask_connect(void);
/* Whether a gateway listens there. */
bool ask_listens(void);
/* ask_core() without a word when nothing answers. */
int ask_core_quietly(const char *question, struct jdoc **out);

#endif
