# Holds the arrows between folders, the order of sub-folders, and where third-party headers are named.
#
#   cmake -DROOT=<repository> -P check_includes.cmake
#
# Folders are layers: none includes one above it and no two include each other. Within ring and rl the
# sub-folders are layers too; files directly in ring/ are below all of them. A third-party header is
# named only where the last table allows it, so that a library can be replaced by reading few files.
cmake_minimum_required(VERSION 3.25)

set(ring_may_include ring)
set(datasets_may_include datasets)
set(models_may_include models ring)
set(rl_may_include rl models datasets ring)
set(experiments_may_include experiments rl models datasets ring)

# Lowest first: a sub-folder may include itself and those before it.
set(ring_order kernel layout runtime attention parallel)
set(rl_order env render agents train evaluate collect)

# Headers of a library, then the only files that may include them. Paths start at the repository's root.
set(third_party
  "<mujoco/"             "^rl/(env|render)/"
  "<hdf5"                "^datasets/hdf5"
  "<zip[.]h"             "^datasets/npz"
  "<png[.]h"             "^rl/render/png_file"
  "<libdeflate[.]h"      "^datasets/(npz|chunk_codec)"
  "<boost/"              "^experiments/options/"
  "<nccl|<cuda"          "^ring/(runtime/|kernel/cuda)"
  "c10d/|<gloo/"         "^ring/runtime/"
  "<(torch|ATen|c10)/"   "^(ring|models|experiments)/|^rl/(agents|train|evaluate)/|^datasets/(episode_tensors|normalizer)"
  "<torch/torch[.]h"     "^$"
  "\"tests/|<gtest|<gmock" "^$"
  "<benchmark/"          "^experiments/benchmarks/")

set(violations "")

# Sets `why` when `source` may not include "`folder`/`sub`...", empty otherwise.
function(check_project_include source folder sub)
  set(why "" PARENT_SCOPE)
  string(REGEX MATCH "^[^/]+" own_folder "${source}")
  if(NOT folder IN_LIST ${own_folder}_may_include)
    set(why "${own_folder}/ is not above ${folder}/" PARENT_SCOPE)
  elseif(own_folder STREQUAL folder AND DEFINED ${folder}_order)
    set(own_sub "")
    if(source MATCHES "^[^/]+/([^/]+)/")
      set(own_sub "${CMAKE_MATCH_1}")
    endif()
    list(FIND ${folder}_order "${own_sub}" own_place)
    list(FIND ${folder}_order "${sub}" place)
    if(place GREATER own_place)
      set(why "${folder}/${own_sub} is not above ${folder}/${sub}" PARENT_SCOPE)
    endif()
  endif()
endfunction()

# Sets `why` when a library's header may not be named in `source`.
function(check_third_party_include source line)
  set(why "" PARENT_SCOPE)
  list(LENGTH third_party length)
  math(EXPR last "${length} - 1")
  foreach(index RANGE 0 ${last} 2)
    math(EXPR next "${index} + 1")
    list(GET third_party ${index} header)
    list(GET third_party ${next} files)
    if(line MATCHES "${header}" AND NOT source MATCHES "${files}")
      set(why "only files matching ${files} may name it" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

foreach(folder ring datasets models rl experiments)
  file(GLOB_RECURSE sources RELATIVE "${ROOT}" "${ROOT}/${folder}/*.h" "${ROOT}/${folder}/*.cc")
  foreach(source ${sources})
    file(STRINGS "${ROOT}/${source}" lines REGEX "^ *# *include")
    foreach(line ${lines})
      if(line MATCHES "\"(ring|datasets|models|rl|experiments)/([^/\"]*)/")
        check_project_include(${source} ${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
      elseif(line MATCHES "\"(ring|datasets|models|rl|experiments)/")
        check_project_include(${source} ${CMAKE_MATCH_1} "")
      else()
        check_third_party_include(${source} "${line}")
      endif()
      if(why)
        list(APPEND violations "${source}: ${line}: ${why}")
      endif()
      if(line MATCHES "include \"" AND NOT line MATCHES "\"(ring|datasets|models|rl|experiments|tests)/")
        list(APPEND violations "${source}: ${line}: project headers are named from the root, others in <>")
      endif()
    endforeach()
  endforeach()
endforeach()

if(violations)
  list(JOIN violations "\n  " text)
  message(FATAL_ERROR "forbidden includes:\n  ${text}")
endif()
message(STATUS "every include points down")
