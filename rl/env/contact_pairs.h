// The pairs of geoms that can touch, listed once instead of searched for in every physics step.
//
// MuJoCo looks for candidates in each step anew: it aligns axes with the scatter of the geoms,
// sorts all bodies' extents along them and sweeps. A mechanism of a dozen geoms has a few dozen
// pairs that its filters let pass at all, and testing each pair's bounding spheres is cheaper. A
// model may name such pairs itself (MJCF's <contact><pair>), and then MuJoCo searches for no
// others where no geom asks for it.
//
// The list has MuJoCo's order and each pair the parameters that MuJoCo would mix from its geoms,
// so contacts, their order and every bit that follows are the same; a test holds that.
#ifndef RL_ENV_CONTACT_PAIRS_H_
#define RL_ENV_CONTACT_PAIRS_H_

#include <mujoco/mujoco.h>

#include <vector>

namespace rl {

class ContactPairs {
 public:
  // No pairs where contacts are disabled, and where a model has what is not covered here: pairs of
  // its own, flexible bodies, meshes, margins, adhesion, priorities.
  explicit ContactPairs(const mjModel& model);

  int size() const { return static_cast<int>(geom1_.size()); }

  // Makes `model`, of which this was made or a copy of it, use the list. It refers to the list from
  // then on and is good for stepping alone: MuJoCo can neither copy it nor find names in it any
  // more. Does nothing for an empty list.
  void Install(mjModel& model);

 private:
  void AddBodies(const mjModel& model, int body1, int body2);
  void Add(const mjModel& model, int geom1, int geom2);

  // By pair, named as in mjModel.
  std::vector<int> geom1_, geom2_, signature_, dim_;
  std::vector<mjtNum> solref_, solreffriction_, solimp_, margin_, gap_, adhesion_, friction_;
};

}  // namespace rl

#endif  // RL_ENV_CONTACT_PAIRS_H_
