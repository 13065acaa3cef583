# A check that passes everything proves nothing: each one must name every violation planted here.
#
#   cmake -DCHECKS=<folder of the checks> -DWORK=<empty folder> -P check_the_checks.cmake
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${WORK}")
set(missed "")

# Runs check_<name>.cmake on the tree in WORK/<name>; every further argument must be in what it says.
function(expect_violations name)
  execute_process(COMMAND ${CMAKE_COMMAND} -DROOT=${WORK}/${name} -P ${CHECKS}/check_${name}.cmake
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(result EQUAL 0)
    set(missed ${missed} "check_${name}: passed the planted tree")
  endif()
  foreach(expected ${ARGN})
    string(FIND "${output}" "${expected}" place)
    if(place EQUAL -1)
      set(missed ${missed} "check_${name}: did not name ${expected}")
    endif()
  endforeach()
  set(missed ${missed} PARENT_SCOPE)
endfunction()

set(tree "${WORK}/includes")
file(WRITE "${tree}/ring/kernel/up.cc" "#include \"ring/attention/attention.h\"\n")
file(WRITE "${tree}/ring/attention/attention.h" "#include \"models/context.h\"\n")
file(WRITE "${tree}/ring/ring.h" "#include \"ring/kernel/attend.h\"\n")
file(WRITE "${tree}/datasets/tensor.cc" "#include <ATen/core/Tensor.h>\n")
file(WRITE "${tree}/datasets/other.cc" "#include <hdf5.h>\n")
file(WRITE "${tree}/models/context.h" "#include \"datasets/episode.h\"\n")
file(WRITE "${tree}/rl/env/torch.cc" "#include <torch/types.h>\n")
file(WRITE "${tree}/rl/agents/physics.cc" "#include <mujoco/mujoco.h>\n")
file(WRITE "${tree}/rl/train/sockets.cc" "#include <torch/csrc/distributed/c10d/TCPStore.hpp>\n")
file(WRITE "${tree}/experiments/train.cc" "#include <boost/program_options.hpp>\n#include \"train.h\"\n")
file(WRITE "${tree}/experiments/legal.cc" "#include \"rl/train/trainer.h\"\n#include \"ring/ring.h\"\n")
expect_violations(includes ring/kernel/up.cc ring/attention/attention.h ring/ring.h datasets/tensor.cc
  datasets/other.cc models/context.h rl/env/torch.cc rl/agents/physics.cc rl/train/sockets.cc
  experiments/train.cc "named from the root")
file(REMOVE "${tree}/experiments/legal.cc")

set(tree "${WORK}/limits")
string(REPEAT "\n" 401 too_long)
file(WRITE "${tree}/ring/long.cc" "${too_long}")
file(WRITE "${tree}/models/unfinished.h" "// TO" "DO: later\n")
file(WRITE "${tree}/rl/names.h" "using name" "space std;\n")
file(WRITE "${tree}/experiments/place.cc" "const char* folder = \"/ro" "ot/data\";\n")
expect_violations(limits ring/long.cc models/unfinished.h rl/names.h experiments/place.cc)

set(tree "${WORK}/mirrors")
file(WRITE "${tree}/ring/alone.cc" "\n")
file(WRITE "${tree}/ring/second.h" "\n")
file(WRITE "${tree}/ring/second.cc" "#include <vector>\n#include \"ring/second.h\"\n")
file(WRITE "${tree}/tests/ring/second_test.cc" "\n")
file(WRITE "${tree}/tests/architecture/exempt.txt" "ring/second.cc has one\nring/gone.cc was here\nring/bare.cc\n")
expect_violations(mirrors "ring/alone.cc: has no" "ring/second.cc has a test now" "own header must be its first"
  "ring/gone.cc does not exist" "ring/bare.cc: needs a path and a reason")

if(missed)
  list(JOIN missed "\n  " text)
  message(FATAL_ERROR "planted violations went unseen:\n  ${text}")
endif()
message(STATUS "every planted violation was named")
