// libelf reads ELF files, libdw their DWARF and, by build-id, that of separate debug files.
#include <libelf.h>
#include <gelf.h>
#include <dwarf.h>
#include <elfutils/libdw.h>
