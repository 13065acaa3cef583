# mujoco::mujoco, the C library inside the PyPI wheel, and the folder of dm_control's model files.
#
# The wheel has neither a CMake package nor an unversioned .so, so the target is made by hand and
# the version is held to exactly the one whose physics the golden rollouts were recorded with.
include(HeaderVersion)

set(MUJOCO_VERSION 3.17.0)
set(MUJOCO_VERSION_HEADER 3017000)

find_path(MUJOCO_INCLUDE_DIR mujoco/mujoco.h PATHS "${RINGRL_DEPS}/mujoco/include" NO_DEFAULT_PATH)
find_file(MUJOCO_LIBRARY libmujoco.so.${MUJOCO_VERSION} PATHS "${RINGRL_DEPS}/mujoco" NO_DEFAULT_PATH)
if(NOT MUJOCO_INCLUDE_DIR OR NOT MUJOCO_LIBRARY)
  message(FATAL_ERROR "MuJoCo ${MUJOCO_VERSION} is not under ${RINGRL_DEPS}/mujoco. Run ./ringrl doctor, which fetches it.")
endif()
require_header_version(MuJoCo "${MUJOCO_INCLUDE_DIR}/mujoco/mujoco.h" mjVERSION_HEADER ${MUJOCO_VERSION_HEADER})

add_library(mujoco::mujoco SHARED IMPORTED)
set_target_properties(mujoco::mujoco PROPERTIES
  IMPORTED_LOCATION "${MUJOCO_LIBRARY}"
  IMPORTED_SONAME libmujoco.so.${MUJOCO_VERSION}
  INTERFACE_INCLUDE_DIRECTORIES "${MUJOCO_INCLUDE_DIR}")

set(DM_CONTROL_ROOT "${RINGRL_DEPS}/dm_control")
if(NOT EXISTS "${DM_CONTROL_ROOT}/suite/walker.xml")
  message(FATAL_ERROR "dm_control's model files are not under ${DM_CONTROL_ROOT}. Run ./ringrl doctor, which fetches them.")
endif()
