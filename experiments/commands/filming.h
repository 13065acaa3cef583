// Films and contact sheets, as `evaluate` and `simulate` offer them.
#ifndef EXPERIMENTS_COMMANDS_FILMING_H_
#define EXPERIMENTS_COMMANDS_FILMING_H_

#include "experiments/options/option_set.h"
#include "experiments/signals.h"
#include "rl/env/environment.h"
#include "rl/render/episode_states.h"
#include "rl/render/gl_context.h"
#include "rl/render/renderer.h"
#include "rl/render/video.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

namespace experiments {

struct FilmOptions {
  std::filesystem::path video = {};          // empty: none
  std::filesystem::path contact_sheet = {};  // empty: none
  std::string camera = {};                   // empty: the domain's
  std::string size = "640x480";              // of the film; a sheet is 966 pixels wide
  std::string quality = "full";              // of the film; a sheet is always drawn in full

  bool wanted() const { return !video.empty() || !contact_sheet.empty(); }
};

// Declares --video, --contact-sheet, --camera, --video-size and --video-quality.
void AddFilmOptions(OptionSet& set, FilmOptions& options);

// The OpenGL of this machine. The variable MUJOCO_GL chooses its kind, as it does for MuJoCo's own
// tools: std::invalid_argument for a value that is none, std::runtime_error for what is missing.
std::unique_ptr<rl::GlContext> MakeChosenGlContext();

// Finds all that can be missing or wrong before the long work whose result is to be filmed: OpenGL,
// the camera, ffmpeg, the files' names. Says on stderr which OpenGL draws.
class FilmMaker {
 public:
  // Throws UsageError for a size that is none, std::invalid_argument for a camera or a file name
  // that is none, std::runtime_error for what is not installed.
  FilmMaker(const FilmOptions& options, const rl::EnvironmentSpec& spec,
            const std::filesystem::path& assets);

  // Draws what was asked for and says on `out` where it is. False when a signal came; an unfinished
  // film leaves nothing behind. Call it once.
  bool Make(const rl::EpisodeStates& states, const StopSignal& stop, std::FILE* out);

 private:
  FilmOptions options_;
  int stride_;
  std::unique_ptr<rl::GlContext> context_;
  std::unique_ptr<rl::Renderer> film_renderer_, sheet_renderer_;
  std::unique_ptr<rl::VideoWriter> video_;
};

// "640x480" as two numbers; throws UsageError.
struct PixelSize {
  int width = 0;
  int height = 0;
};
PixelSize ParsePixelSize(const std::string& text);

}  // namespace experiments

#endif  // EXPERIMENTS_COMMANDS_FILMING_H_
