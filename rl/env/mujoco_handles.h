// Owners of MuJoCo's C objects: a model, the data of one simulation, a specification being edited.
//
// A model is read-only after compilation and may be shared by any number of threads; data belongs
// to one simulation and one thread at a time.
#ifndef RL_ENV_MUJOCO_HANDLES_H_
#define RL_ENV_MUJOCO_HANDLES_H_

#include <mujoco/mujoco.h>

#include <memory>

namespace rl {

struct MujocoDeleter {
  void operator()(mjModel* model) const { mj_deleteModel(model); }
  void operator()(mjData* data) const { mj_deleteData(data); }
  void operator()(mjSpec* spec) const { mj_deleteSpec(spec); }
};

using ModelPtr = std::unique_ptr<mjModel, MujocoDeleter>;
using DataPtr = std::unique_ptr<mjData, MujocoDeleter>;
using SpecPtr = std::unique_ptr<mjSpec, MujocoDeleter>;

}  // namespace rl

#endif  // RL_ENV_MUJOCO_HANDLES_H_
