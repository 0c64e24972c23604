#define _GNU_SOURCE
#include "CLinux.h"

#include <getopt.h>

void cl_getopt_reset(void) { optind = 0; opterr = 0; }

int cl_getopt_next(int argc, char *const argv[], const char *short_options,
                   const struct cl_option *long_options, size_t count) {
    struct option table[count + 1];
    for (size_t i = 0; i < count; i++)
        table[i] = (struct option){long_options[i].name,
                                   long_options[i].takes_value ? required_argument : no_argument,
                                   0, long_options[i].short_name};
    table[count] = (struct option){0};
    return getopt_long(argc, argv, short_options, table, 0);
}

const char *cl_getopt_value(void) { return optarg; }
int cl_getopt_index(void) { return optind; }
