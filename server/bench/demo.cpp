#include "bench/demo.hpp"

#include <filesystem>
#include <fstream>

namespace offhook::bench {

const Demo& demo() {
  static const Demo instance{.page = *Endpoint::parse("127.0.0.1:8080"),
                             .sip = *Endpoint::parse("127.0.0.1:15062"),
                             .trunk = *Endpoint::parse("127.0.0.20:15060")};
  return instance;
}

std::vector<std::string> demo_command(const std::string& offhook, const std::string& more) {
  const auto file = std::filesystem::temp_directory_path() / "offhook-bench.toml";
  std::ofstream(file) << "[http]\nlisten = [\"" << demo().page.to_string()
                      << "\"]\n[sip]\nlisten = [\"" << demo().sip.to_string()
                      << "\"]\n[demo]\nprovider = \"" << demo().trunk.to_string() << "\"\n"
                      << more;
  return {offhook, "serve", "--demo", "--config", file};
}

}  // namespace offhook::bench
