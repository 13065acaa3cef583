// What a run needs besides its configuration to be run again: program, libraries, machine, command.
#ifndef EXPERIMENTS_ENVIRONMENT_H_
#define EXPERIMENTS_ENVIRONMENT_H_

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace experiments {

std::string_view ProgramVersion();
// The commit the program was built from, "+" behind it when files had changed; "unknown" outside a
// git checkout.
std::string_view ProgramCommit();

// Name and version of every library in use, as found at run time.
std::vector<std::pair<std::string, std::string>> LibraryVersions();

// The content of a run folder's environment.json: {version, commit, libraries, machine, date,
// command_line}. `arguments` are those of `command`.
nlohmann::json RunEnvironment(std::string_view command, std::span<const std::string> arguments);

// Local time as yyyymmdd-hhmmss, for the name of a run.
std::string LocalTimestamp();

// Now, in UTC, as 2026-01-31T12:00:00Z.
std::string UtcDate();

}  // namespace experiments

#endif  // EXPERIMENTS_ENVIRONMENT_H_
