/*
 * Columns that line up in a terminal, whatever the script: widths are counted
 * in cells (a Chinese character takes two). Control characters are shown as
 * `?`, so that no text from outside can steer the terminal.
 */
#ifndef TABLE_H
#define TABLE_H

#include <stddef.h>
#include <stdio.h>

struct table;

/* One letter a column, 24 at most: 'l' left, 'r' right. NULL: no memory. */
struct table *table_new(const char *columns);
struct table *table_free(struct table *take);
/* The next cell, row by row; texts beyond memory read "?". */
void table_cell(struct table *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Columns that are empty in every row but the first (the heading) are left
 * out. `indent` spaces in front of each row. */
void table_print(const struct table *t, int indent, FILE *to);

/* What may give way on a terminal that is narrower than the table, a character
 * a column: '1' first, then '2' ...: the column is left out; after those, 'a'
 * first, then 'b' ...: its texts are cut, and end with "..."; 'w', the last
 * column only: its texts go on below themselves; 'u', the last, too: they stand
 * under their rows; '-': none of these. Where it is no terminal, nothing does.
 */
void table_gives_way(struct table *t, const char *columns);

/* Cells that a UTF-8 text takes. */
size_t table_width(const char *s);

#endif
