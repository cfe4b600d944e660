#pragma once

#include <string>
#include <vector>

#include "bench/media_round.hpp"

namespace offhook::bench {

// A table of minimum, median and maximum over the rounds, with the goals beside it.
void print_media_report(const std::vector<Round>& rounds, const MediaOptions& options);
// One line while the rounds go on.
void print_round(const Round& round);
void write_media_json(const std::string& path, const std::vector<Round>& rounds,
                      const MediaOptions& options);

}  // namespace offhook::bench
