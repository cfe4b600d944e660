#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "control/control.pb.h"

namespace offhook::app {

// Asks media what it has and what it counted, for the status and the metrics. One question at a time: whoever asks
// meanwhile waits for a question put after his own, so that no answer is older than its question.
class MediaCensus {
 public:
  using Answer = std::optional<control::EngineStatistics>;  // nullopt: media is not there
  using Callback = std::function<void(const Answer& answer)>;

  static constexpr Duration kPatience = std::chrono::milliseconds(500);

  // `send` puts a command on the control connection.
  explicit MediaCensus(std::function<void(const control::Command&)> send)
      : send_(std::move(send)) {}

  void handle_connected() { is_connected_ = true; }
  void handle_lost();
  // True: the event answers a question of ours and is for nobody else.
  [[nodiscard]] bool handle(const control::Event& event, Time now);
  // Answers once; with nullopt at once without a connection or after kPatience.
  void ask(Callback callback, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const { return deadline_; }

 private:
  void ask_media(Time now);
  static void reply(const std::vector<Callback>& callbacks, const Answer& answer);

  std::function<void(const control::Command&)> send_;
  bool is_connected_ = false;
  std::uint64_t sequence_ = 0;
  std::vector<Callback> asked_;    // by the question under way
  std::vector<Callback> waiting_;  // for the next
  std::optional<Time> deadline_;   // of the question under way
};

}  // namespace offhook::app
