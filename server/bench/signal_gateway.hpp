#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "bench/media_placement.hpp"

namespace offhook::bench {

// What the two processes of a gateway have had, or have.
struct SignalCpu {
  std::chrono::microseconds signal{};
  std::chrono::microseconds media{};
};
struct SignalMemory {  // RssAnon
  std::size_t signal_kb = 0;
  std::size_t media_kb = 0;
};

// What /metrics said at one moment.
class SignalMetrics {
 public:
  explicit SignalMetrics(std::string text) : text_(std::move(text)) {}
  // By its name, with the labels where it has any: `a_total{b="c"}`. 0 where there is none.
  [[nodiscard]] double value(std::string_view name) const;

 private:
  std::string text_;
};

// `offhook serve` as it is shipped, with one trunk on this machine; only [dial] lets its user make
// as many calls as he likes. What it prints (its records of calls, too) goes to a file, which is
// removed in the end.
class SignalGateway {
 public:
  static constexpr const char* kUser = "user";

  // `offhook` is the program.
  explicit SignalGateway(const std::string& offhook);
  ~SignalGateway();
  SignalGateway(const SignalGateway&) = delete;
  SignalGateway& operator=(const SignalGateway&) = delete;

  // Once its children run: from now on they are measured.
  void watch_children();
  [[nodiscard]] SignalCpu cpu() const;
  [[nodiscard]] SignalMemory memory() const;
  [[nodiscard]] bool counts_kernel_threads() const { return signal_->counts_kernel_threads(); }
  // Waits for the answer.
  [[nodiscard]] static SignalMetrics metrics();

 private:
  std::filesystem::path directory_;
  std::unique_ptr<WatchedProcess> signal_;
  std::unique_ptr<WatchedProcess> media_;
  // The last one, so that it has ended when the control groups of its children are removed.
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace offhook::bench
