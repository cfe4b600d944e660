#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "control/control.pb.h"

namespace offhook::app {

// Asks media how many legs and bridges it has, for the status. One question at a time: whoever asks
// meanwhile waits for a question put after his own, so that no answer is older than its question.
class MediaCensus {
 public:
  struct Count {
    bool is_connected = false;
    std::uint32_t legs = 0;
    std::uint32_t bridges = 0;
  };
  using Callback = std::function<void(const Count& count)>;

  static constexpr Duration kPatience = std::chrono::milliseconds(500);

  // `send` puts a command on the control connection.
  explicit MediaCensus(std::function<void(const control::Command&)> send)
      : send_(std::move(send)) {}

  void handle_connected() { is_connected_ = true; }
  void handle_lost();
  // True: the event answers a question of ours and is for nobody else.
  [[nodiscard]] bool handle(const control::Event& event, Time now);
  // Answers once; "not connected" at once without a connection or after kPatience.
  void ask(Callback callback, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const { return deadline_; }

 private:
  void ask_media(Time now);
  static void answer(const std::vector<Callback>& callbacks, const Count& count);

  std::function<void(const control::Command&)> send_;
  bool is_connected_ = false;
  std::uint64_t sequence_ = 0;
  std::vector<Callback> asked_;    // by the question under way
  std::vector<Callback> waiting_;  // for the next
  std::optional<Time> deadline_;   // of the question under way
};

}  // namespace offhook::app
