# `ninja tidy`: clang-tidy, with the rules in .clang-tidy, on the parts that need no LibTorch (its headers
# cost 17 s a file). For clang-tidy 14; where it is not installed there is no such target.
find_program(RUN_CLANG_TIDY NAMES run-clang-tidy-14 run-clang-tidy)
if(RUN_CLANG_TIDY)
  add_custom_target(tidy
    COMMAND ${RUN_CLANG_TIDY} -quiet -p "${CMAKE_BINARY_DIR}" "^${CMAKE_SOURCE_DIR}/(datasets|rl/env|rl/collect)/.*[.]cc$"
    WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}" USES_TERMINAL)
endif()
