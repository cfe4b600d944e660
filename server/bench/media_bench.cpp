#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "bench/media_forwarder.hpp"
#include "bench/media_options.hpp"
#include "bench/media_placement.hpp"
#include "bench/media_report.hpp"
#include "bench/media_round.hpp"
#include "bench/media_soak.hpp"
#include "bench/process.hpp"

// What a relayed packet costs: bench_media OFFHOOK-MEDIA [OPTIONS]. Fails where packets are lost,
// doubled or given to somebody else, never because something took long.
namespace offhook::bench {
namespace {

int compare(const MediaOptions& options) {
  std::vector<Round> rounds;
  for (const std::size_t calls : options.calls) {
    for (std::size_t number = 1; number <= options.rounds; ++number) {
      for (const std::string& target : options.targets) {
        rounds.push_back(run_round(target, calls, number, options));
        print_round(rounds.back());
      }
    }
  }
  print_media_report(rounds, options);
  if (!options.json.empty()) write_media_json(options.json, rounds, options);
  return std::ranges::all_of(rounds, &Round::clean) ? 0 : 1;
}

int soak_as_told(const std::string& media, const std::vector<std::string>& words) {
  if (words.size() != 3) give_up("bench_media OFFHOOK-MEDIA soak MINUTES CALLS DIRECTORY");
  SoakOptions options;
  options.length = std::chrono::seconds(static_cast<std::int64_t>(std::stod(words[0]) * 60));
  options.calls = std::stoul(words[1]);
  options.directory = words[2];
  options.target.media = media;
  if (options.length < std::chrono::seconds(10) || options.calls == 0 || options.calls > 2'000) {
    give_up("a soak wants 10 seconds at least, and 1 to 2000 calls");
  }
  (void)run_first();
  return soak(options);
}

[[noreturn]] void forward_as_told(const char* path) {
  ForwarderConfig config;
  std::ifstream(path) >> config;
  forward(config);
}

}  // namespace
}  // namespace offhook::bench

int main(int argc, char** argv) {
  using namespace offhook::bench;
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "forward") forward_as_told(words[1].c_str());
  if (words.empty()) give_up("bench_media OFFHOOK-MEDIA [soak ...|OPTIONS]");
  raise_descriptor_limit();
  (void)stay_on_cpu(kLoadCpu);
  if (words.size() > 1 && words[1] == "soak") {
    return soak_as_told(words[0], {words.begin() + 2, words.end()});
  }
  MediaOptions options = parse_media_options({words.begin() + 1, words.end()});
  options.target.media = words[0];
  options.target.offhook = std::filesystem::path(words[0]).parent_path() / "offhook";
  options.target.self = "/proc/self/exe";
  options.realtime = options.realtime && run_first();
  return compare(options);
}
