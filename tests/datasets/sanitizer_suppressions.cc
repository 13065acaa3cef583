// What the sanitizers shall not report, because the fault is not in this project.
//
// Leaks: HDF5 forgets some of its own memory when it gives up on a damaged file, which the tests of
// damaged files make it do hundreds of times.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5_serial\n"; }

// Races: libzip asks the C library for local times from every thread. The C library guards its time
// zone with a lock of its own kind, which the thread sanitizer cannot see.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() { return "race:tzset_internal\n"; }
