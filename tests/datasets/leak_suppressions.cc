// Leaks that the address sanitizer shall not report: HDF5 forgets some of its own memory when it
// gives up on a damaged file, which the tests of damaged files make it do hundreds of times.
extern "C" const char* __lsan_default_suppressions();

extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5_serial\n"; }
