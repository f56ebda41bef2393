/* `gatewayd-line --test-plugin FILE.so`: all that can be known of a plugin
 * without its device. */
#ifndef PLUGIN_TEST_H
#define PLUGIN_TEST_H

/* [--vectors FILE] [--calls N] [--seed S] among the arguments. Prints what was
 * looked at, a line each. 0, or 1 when something is wrong; 2: usage. */
int plugin_test_main(int argc, char **argv);

#endif
