// Machine-readable results: what --json writes.
#ifndef EXPERIMENTS_JSON_RESULT_H_
#define EXPERIMENTS_JSON_RESULT_H_

#include <nlohmann/json.hpp>

#include <cstdio>
#include <string>
#include <string_view>

namespace experiments {

// {command, version, commit, machine {cpu, cores, memory, gpu}, date, rows: []}. The caller appends
// flat objects to "rows" and may add keys beside it. A figure that was not measured is null, never
// absent. Memory is in bytes; the date is UTC, as 2026-01-31T12:00:00Z.
nlohmann::json ResultEnvelope(std::string_view command);

// Writes to a file (complete or not at all), or to stdout when `destination` is "-".
// An empty destination writes nothing, so that --json may be left out.
void WriteJson(const nlohmann::json& result, const std::string& destination);

// `scale` times a figure with `decimals` places, for a table; a dash where it was not measured.
std::string Figure(const nlohmann::json& value, int decimals, double scale = 1);

// Where a command prints its tables for people: stdout, unless the JSON goes there.
std::FILE* TableStream(const std::string& json_destination);

}  // namespace experiments

#endif  // EXPERIMENTS_JSON_RESULT_H_
