#include "sip/stream_watch.hpp"

#include <chrono>
#include <utility>

namespace offhook::sip {

namespace {

std::string seconds_text(Duration duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(duration).count()) + " s";
}

}  // namespace

StreamWatch::StreamWatch(const Config& config, Time now) : config_(config), heard_at_(now) {
  if (config_.ping_every) ping_at_ = now + *config_.ping_every;
}

void StreamWatch::handle_bytes(bool ended_message, bool is_within_message, Time now) {
  heard_at_ = now;
  pong_by_.reset();
  if (!is_within_message) {
    message_since_.reset();
  } else if (ended_message || !message_since_) {
    message_since_ = now;
  }
}

void StreamWatch::handle_timeout(Time now) {
  const auto give_up = [this](std::string reason) { output_ = GiveUp{std::move(reason)}; };
  if (is_due(message_deadline(), now)) {
    message_since_.reset();
    return give_up("did not finish a message in " + seconds_text(config_.message_time));
  }
  if (is_due(idle_deadline(), now)) {
    heard_at_ = now;
    return give_up("said nothing for " + seconds_text(*config_.idle_time));
  }
  if (is_due(pong_by_, now)) {
    pong_by_.reset();
    if (answers_pings_) {
      return give_up("did not answer a keep-alive in " + seconds_text(config_.pong_time));
    }
  }
  if (is_due(ping_at_, now)) {
    ping_at_ = now + *config_.ping_every;
    if (!pong_by_) pong_by_ = now + config_.pong_time;  // pings may be closer together than that
    output_ = SendPing{};
  }
}

std::optional<StreamWatch::Output> StreamWatch::poll_output() {
  return std::exchange(output_, std::nullopt);
}

std::optional<Time> StreamWatch::next_timeout() const {
  return earliest(earliest(ping_at_, pong_by_), earliest(idle_deadline(), message_deadline()));
}

std::optional<Time> StreamWatch::idle_deadline() const {
  if (!config_.idle_time) return std::nullopt;
  return heard_at_ + *config_.idle_time;
}

std::optional<Time> StreamWatch::message_deadline() const {
  if (!message_since_) return std::nullopt;
  return *message_since_ + config_.message_time;
}

}  // namespace offhook::sip
