#include "app/process_usage.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace offhook::app {

namespace {

// proc(5): the fields of /proc/self/stat behind the name, which may hold anything; the first of them
// is the third of the file.
std::vector<double> stat_fields() {
  std::ifstream file("/proc/self/stat");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 4 > text.size()) return {};
  std::istringstream rest(text.substr(name_end + 4));  // behind ") S "
  return {std::istream_iterator<double>(rest), {}};
}

double boot_time() {
  std::ifstream file("/proc/stat");
  std::string word;
  while (file >> word) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

}  // namespace

ProcessUsage ProcessUsage::read() {
  ProcessUsage usage;
  constexpr std::size_t kFirst = 4;  // the number of the first field here
  const std::vector<double> fields = stat_fields();
  const auto field = [&](std::size_t number) {
    return number - kFirst < fields.size() ? fields[number - kFirst] : 0;
  };
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  usage.processor_seconds = (field(14) + field(15)) / ticks;
  usage.start_time = boot_time() + field(22) / ticks;
  usage.virtual_bytes = field(23);
  usage.resident_bytes = field(24) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  std::error_code error;
  const std::filesystem::directory_iterator open("/proc/self/fd", error);
  if (!error) {
    const auto count = std::distance(begin(open), end(open));
    usage.open_descriptors = static_cast<double>(count - 1);  // without the one for counting
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    usage.most_descriptors = static_cast<double>(limit.rlim_cur);
  }
  return usage;
}

}  // namespace offhook::app
