/* A shared object, but no plugin. */
__attribute__((visibility("default"))) int gw_something_else;
