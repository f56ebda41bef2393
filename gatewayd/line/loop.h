/* The line's main loop: the channel to core, beats, and run_step(). */
#ifndef LOOP_H
#define LOOP_H

struct line;

/* How long the end may take: outputs safe, queue flushed. */
enum { STOP_MS = 8000, BEAT_MS = 1000, HELLO_MS = 5000 };

/* Says hello on the channel, takes what the devices must not forget, works
 * until it is told to stop or core is gone, leaves outputs safe. The process's
 * exit code. */
int loop_run(int chan, const struct line *line);

#endif
