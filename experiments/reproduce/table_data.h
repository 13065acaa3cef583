// The datasets of a table: found, or imported from ExoRL's files and relabelled, or made.
#ifndef EXPERIMENTS_REPRODUCE_TABLE_DATA_H_
#define EXPERIMENTS_REPRODUCE_TABLE_DATA_H_

#include "experiments/reproduce/job_pool.h"
#include "experiments/reproduce/table_recipe.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace experiments {

struct TableDataOptions {
  std::string program = {};           // this program, to import with
  std::filesystem::path output = {};  // the table's folder; imported datasets go to its data/
  std::filesystem::path data = {};    // the user's folder; empty: none
  std::filesystem::path assets = {};  // the dm_control folder
  int64_t episodes = 0;               // to import or make; 0: all there are
  int num_threads = 1;
};

// Where the dataset of a row is, or will be once PrepareData() is done: in `data`, as
// walker_rnd.hdf5 or walker/rnd.hdf5, else in output/data/.
std::filesystem::path DatasetOf(const TableRow& row, const TableDataOptions& options);

// What is still to be done before the rows can be trained on, in order: importing walker/rnd.zip or
// the episodes in walker/rnd/, and adding the rewards of all tasks of the domain by ExoRL's rule.
// Made data is made here, in seconds. Throws std::invalid_argument that says where it looked for a
// dataset that is nowhere.
std::vector<Job> PrepareData(const std::vector<TableRow>& rows, const TableDataOptions& options);

}  // namespace experiments

#endif  // EXPERIMENTS_REPRODUCE_TABLE_DATA_H_
