// How a command that works on a ring finds the other ranks.
//
// Started alone with `--ring-size N` it starts N ranks of itself and waits for them. Started by
// `ringrl launch`, torchrun or the like it is one rank of a world already, and joins it.
#ifndef EXPERIMENTS_COMMANDS_RING_RANKS_H_
#define EXPERIMENTS_COMMANDS_RING_RANKS_H_

#include "ring/runtime/ring.h"
#include "ring/runtime/world.h"

#include <functional>
#include <string>
#include <vector>

namespace experiments {

// This process's place in its world, from the environment.
ring::WorldOptions PlaceInWorld();

// Whether nobody has started the other ranks yet.
bool MustStartRanks(int ring_size, const ring::WorldOptions& place);

// Runs `ringrl` with these words once per rank on this host; the status of the whole. Only rank 0
// is heard on stdout.
int StartRanks(int ring_size, std::vector<std::string> words);

// Throws std::invalid_argument, which says what to change, unless the ring of all ranks has the
// size asked for.
void CheckRingSize(int ring_size, const ring::Ring& all_ranks);

// A rank's share of the threads of its host, at least one.
int ThreadsOfRank(int num_threads, const ring::WorldOptions& place);

// Runs `setup` on every rank. Where it fails on any, the first of those throws what was wrong and
// the others return false: n ranks that miss the same file say so once.
bool SucceedsOnEveryRank(const ring::Ring& ring, const std::function<void()>& setup);

// Writes what all ranks have done so far, as one Chrome trace. REQUIRES: two ranks or more, whose
// world was made with WorldOptions::trace.
void WriteRingTrace(const std::string& path, const ring::Ring& ring);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_RING_RANKS_H_
