// A static program has no loader, so dlopen finds nothing. glibc's own dlopen would load shared libraries of the machine's
// glibc into a program that holds another one. Two callers are linked in: Swift's runtime, if SWIFT_DEBUG_LIB_PRESPECIALIZED_PATH
// is set, and elfutils, if DEBUGINFOD_URLS is set (as on Fedora). Both go on without when it fails.
#include <stddef.h>

void *dlopen(const char *path, int flags) { (void)path; (void)flags; return NULL; }
void *dlsym(void *library, const char *name) { (void)library; (void)name; return NULL; }
int dlclose(void *library) { (void)library; return -1; }
char *dlerror(void) { return "this program is static: it loads no libraries"; }
