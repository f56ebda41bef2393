/* The line's main loop: the channel to core, beats, and run_step(). */
#ifndef LOOP_H
#define LOOP_H

struct line;
struct page;

/* How long the end may take: outputs safe, queue flushed. */
enum { STOP_MS = 8000, BEAT_MS = 1000, HELLO_MS = 5000 };

/* Says hello on the channel, takes what the devices must not forget, works
 * until it is told to stop or core is gone, leaves outputs safe. page: shared
 * with core, NULL: none. The process's exit code. */
int loop_run(int chan, struct page *page, const struct line *line);

#endif
