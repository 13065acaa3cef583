# Holds what can be counted or matched line by line: lengths, width, words that stay out.
#
#   cmake -DROOT=<repository> -P check_limits.cmake
cmake_minimum_required(VERSION 3.25)

set(code_folders ring datasets models rl experiments tests)
set(source_limit 400)
set(test_limit 600)

# Each pattern, then what to do instead. Brackets keep this file from matching itself.
set(code_words
  "[T]ODO[^(]|[F]IXME"              "finish it, or write [T]ODO(issue number): reason"
  "using [n]amespace"              "name the namespace, or alias it"
  "#include <torch/[t]orch[.]h>"   "include the narrow header: the whole costs 19 s of compiling")
set(all_words
  "p[y]pi[.]|python[h]osted|deb[.]d[e]bian"  "name the package, not the registry's host"
  "(^|[^A-Za-z0-9_.}$])/(r[o]ot|h[o]me|w[o]rk)/"  "an absolute path of one machine")

set(violations "")

function(check_words file words)
  file(STRINGS "${ROOT}/${file}" lines)
  list(LENGTH words length)
  math(EXPR last "${length} - 1")
  foreach(index RANGE 0 ${last} 2)
    math(EXPR next "${index} + 1")
    list(GET words ${index} pattern)
    list(GET words ${next} advice)
    if("${lines}" MATCHES "${pattern}")
      set(violations ${violations} "${file}: ${CMAKE_MATCH_0}: ${advice}")
    endif()
  endforeach()
  set(violations ${violations} PARENT_SCOPE)
endfunction()

function(check_lengths file limit)
  file(READ "${ROOT}/${file}" text)
  string(REGEX REPLACE "[^\n]" "" newlines "${text}")
  string(LENGTH "${newlines}" lines)
  if(lines GREATER limit)
    set(violations ${violations} "${file}: ${lines} lines, the limit is ${limit}: find the second idea in it" PARENT_SCOPE)
  endif()
endfunction()

foreach(folder ${code_folders})
  set(limit ${source_limit})
  if(folder STREQUAL tests)
    set(limit ${test_limit})
  endif()
  file(GLOB_RECURSE sources RELATIVE "${ROOT}" "${ROOT}/${folder}/*.h" "${ROOT}/${folder}/*.cc")
  foreach(source ${sources})
    check_lengths(${source} ${limit})
    check_words(${source} "${code_words}")
  endforeach()
endforeach()

file(GLOB root_files RELATIVE "${ROOT}" "${ROOT}/*.md" "${ROOT}/*.txt" "${ROOT}/*.json" "${ROOT}/ringrl")
file(GLOB_RECURSE texts RELATIVE "${ROOT}" "${ROOT}/cmake/*")
foreach(folder ${code_folders})
  file(GLOB_RECURSE found RELATIVE "${ROOT}" "${ROOT}/${folder}/*.h" "${ROOT}/${folder}/*.cc" "${ROOT}/${folder}/*.md"
    "${ROOT}/${folder}/*.txt" "${ROOT}/${folder}/*.cfg" "${ROOT}/${folder}/*.cmake" "${ROOT}/${folder}/*.py")
  list(APPEND texts ${found})
endforeach()
foreach(text ${root_files} ${texts})
  check_words(${text} "${all_words}")
endforeach()

if(violations)
  list(JOIN violations "\n  " text)
  message(FATAL_ERROR "limits passed:\n  ${text}")
endif()
message(STATUS "all files are within the limits")
