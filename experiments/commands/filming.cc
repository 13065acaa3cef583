#include "experiments/commands/filming.h"

#include "experiments/progress.h"
#include "rl/render/film.h"
#include "rl/render/png_file.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

namespace experiments {
namespace {

constexpr int kSheetCellWidth = 240;

rl::RendererOptions FullQuality(const FilmOptions& options, PixelSize size) {
  return {.width = size.width, .height = size.height, .camera = options.camera};
}

rl::RendererOptions FilmQuality(const FilmOptions& options, PixelSize size) {
  rl::RendererOptions renderer = FullQuality(options, size);
  if (options.quality == "fast") {
    renderer.shadows = false;
    renderer.reflections = false;
    renderer.samples = 0;
  }
  return renderer;
}

void MakeParentFolder(const std::filesystem::path& path) {
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path());
}

}  // namespace

void AddFilmOptions(OptionSet& set, FilmOptions& options) {
  set.Add("video", &options.video,
          "film to make: a file ending in .mp4 (needs ffmpeg), or a folder ending in / for PNG "
          "frames; plays in real time");
  set.Add("contact-sheet", &options.contact_sheet,
          ".png to make: sixteen moments of the episode on one page; in a run's folder videos/, "
          "report shows it");
  set.Add("camera", &options.camera,
          "camera of the model, by name or number, or free or track; empty: the one that suits "
          "the domain");
  set.Add("video-size", &options.size, "pixels of the film, WIDTHxHEIGHT");
  set.AddChoice("video-quality", &options.quality, {"full", "fast"},
                "full: shadows, reflections, smooth edges; fast: none of them, 4 to 7 times the "
                "frames per second where no GPU draws");
}

PixelSize ParsePixelSize(const std::string& text) {
  PixelSize size;
  const char* const end = text.data() + text.size();
  const auto [cross, width_error] = std::from_chars(text.data(), end, size.width);
  if (width_error == std::errc() && cross != end && *cross == 'x') {
    const auto [rest, height_error] = std::from_chars(cross + 1, end, size.height);
    if (height_error == std::errc() && rest == end) return size;
  }
  throw UsageError("--video-size is two numbers like 640x480, got '" + text + "'");
}

std::unique_ptr<rl::GlContext> MakeChosenGlContext() {
  const char* const word = std::getenv("MUJOCO_GL");
  return rl::MakeGlContext(rl::ParseGlBackend(word == nullptr ? "" : word));
}

FilmMaker::FilmMaker(const FilmOptions& options, const rl::EnvironmentSpec& spec,
                     const std::filesystem::path& assets)
    : options_(options), stride_(rl::FilmStride(spec.control_timestep)) {
  const PixelSize size = ParsePixelSize(options.size);
  if (!options.contact_sheet.empty() && options.contact_sheet.extension() != ".png") {
    throw std::invalid_argument("a contact sheet is a file whose name ends in .png; got '" +
                                options.contact_sheet.string() + "'");
  }
  context_ = MakeChosenGlContext();
  std::fprintf(stderr, "drawing with %s\n", context_->description().c_str());
  if (!options.contact_sheet.empty()) {
    const PixelSize cell = {.width = kSheetCellWidth,
                            .height = kSheetCellWidth * size.height / std::max(1, size.width)};
    sheet_renderer_ =
        std::make_unique<rl::Renderer>(*context_, spec.task, assets, FullQuality(options, cell));
    MakeParentFolder(options.contact_sheet);
  }
  if (!options.video.empty()) {
    film_renderer_ =
        std::make_unique<rl::Renderer>(*context_, spec.task, assets, FilmQuality(options, size));
    MakeParentFolder(options.video);
    video_ =
        rl::OpenVideo(options.video, {.width = size.width,
                                      .height = size.height,
                                      .frames_per_second = 1 / (spec.control_timestep * stride_)});
  }
}

bool FilmMaker::Make(const rl::EpisodeStates& states, const StopSignal& stop, std::FILE* out) {
  if (sheet_renderer_) {
    rl::WritePng(options_.contact_sheet, rl::DrawContactSheet(states, *sheet_renderer_));
    std::fprintf(out, "contact sheet: %s\n", options_.contact_sheet.c_str());
  }
  if (video_) {
    Progress progress("drawing", rl::FilmLength(states.size(), stride_), "frames");
    const auto on_frame = [&](int64_t done) {
      progress.Update(done);
      return !stop.requested();
    };
    if (!rl::FilmEpisode(states, stride_, *film_renderer_, *video_, on_frame)) {
      video_.reset();
      return false;
    }
    progress.Finish();
    std::fprintf(out, "video: %s\n", options_.video.c_str());
  }
  return !stop.requested();
}

}  // namespace experiments
