#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/bytes.hpp"
#include "fuzz/target.hpp"

// Runs a fuzz target once over every file of a directory, for builds without libFuzzer.
int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s CORPUS_DIRECTORY\n", argv[0]);
    return 2;
  }
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const auto view = offhook::as_bytes(bytes);
    LLVMFuzzerTestOneInput(view.data(), view.size());
    ++files;
  }
  std::printf("%d files\n", files);
  return files > 0 ? 0 : 1;
}
