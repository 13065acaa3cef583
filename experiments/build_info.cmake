# Writes build_info.h: the program's version and the commit it is built from. Runs at every build,
# and touches the file only when its content changes, so that nothing is compiled without need.
#   cmake -DSOURCE=<repository> -DVERSION=<x.y.z> -DOUTPUT=<file> -P build_info.cmake
set(commit unknown)
find_program(GIT git)
if(GIT AND EXISTS "${SOURCE}/.git")
  execute_process(COMMAND ${GIT} -C ${SOURCE} rev-parse --short=12 HEAD
                  OUTPUT_VARIABLE head OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET
                  RESULT_VARIABLE failed)
  if(NOT failed)
    # "+": tracked files differed from the commit.
    execute_process(COMMAND ${GIT} -C ${SOURCE} diff-index --quiet HEAD -- ERROR_QUIET
                    RESULT_VARIABLE changed)
    set(commit ${head})
    if(changed)
      string(APPEND commit "+")
    endif()
  endif()
endif()
set(content "// Made by experiments/build_info.cmake.
#ifndef EXPERIMENTS_BUILD_INFO_H_
#define EXPERIMENTS_BUILD_INFO_H_

#include <string_view>

namespace experiments {

inline constexpr std::string_view kProgramVersion = \"${VERSION}\";
inline constexpr std::string_view kProgramCommit = \"${commit}\";

}  // namespace experiments

#endif  // EXPERIMENTS_BUILD_INFO_H_
")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} former)
endif()
if(NOT content STREQUAL former)
  file(WRITE ${OUTPUT} "${content}")
endif()
