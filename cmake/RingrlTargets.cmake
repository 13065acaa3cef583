# The two kinds of target this project has: a library per folder and a test binary per folder.

add_library(ringrl_flags INTERFACE)
target_include_directories(ringrl_flags INTERFACE "${CMAKE_SOURCE_DIR}")
target_compile_options(ringrl_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor)
if(RINGRL_WERROR)
  target_compile_options(ringrl_flags INTERFACE -Werror)
endif()
if(RINGRL_SANITIZE)
  # Under sanitizers g++ 12 sees uninitialized members in <regex> and <functional> that are not there.
  target_compile_options(ringrl_flags INTERFACE -fsanitize=${RINGRL_SANITIZE} -fno-omit-frame-pointer
                                                -fno-sanitize-recover=all -Wno-maybe-uninitialized)
  target_link_options(ringrl_flags INTERFACE -fsanitize=${RINGRL_SANITIZE})
endif()
if(RINGRL_CCACHE)
  find_program(CCACHE_PROGRAM ccache)
  if(NOT CCACHE_PROGRAM)
    message(WARNING "RINGRL_CCACHE is on, but ccache is not installed: compiling without it")
  endif()
  if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # Relative paths, so that checkouts beside each other share what they compile.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
        CCACHE_SLOPPINESS=time_macros ${CCACHE_PROGRAM})
  endif()
endif()
find_package(Threads REQUIRED)
target_link_libraries(ringrl_flags INTERFACE Threads::Threads)

# ringrl_library(NAME SOURCES a.cc b.cc [USES targets seen by includers] [HIDES targets of the .cc files])
function(ringrl_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;USES;HIDES" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC ringrl_flags ${arg_USES} PRIVATE ${arg_HIDES})
endfunction()

# ringrl_test(NAME SOURCES a_test.cc [USES targets] [LABELS labels] [TIMEOUT seconds])
# Every TEST becomes a ctest of its own, found when ctest runs and not while building.
# Their main is GoogleTest's own, or the library that RINGRL_TEST_MAIN names in the caller's folder.
# The sample data's folder comes from the environment, RINGRL_SAMPLE_DATA.
function(ringrl_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;USES;LABELS" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(NOT RINGRL_TEST_MAIN)
    set(RINGRL_TEST_MAIN GTest::gtest_main)
  endif()
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ringrl_flags ${arg_USES} GTest::gmock GTest::gtest ${RINGRL_TEST_MAIN})
  gtest_discover_tests(${name} NO_PRETTY_VALUES DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()
