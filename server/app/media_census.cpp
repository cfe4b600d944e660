#include "app/media_census.hpp"

#include <utility>

namespace offhook::app {

namespace {

// The switchboard counts its commands from 1; ours are in the other half of the numbers.
constexpr std::uint64_t kOurs = std::uint64_t{1} << 63;

}  // namespace

void MediaCensus::handle_lost() {
  is_connected_ = false;
  deadline_.reset();
  reply(std::exchange(asked_, {}), std::nullopt);
  reply(std::exchange(waiting_, {}), std::nullopt);
}

bool MediaCensus::handle(const control::Event& event, Time now) {
  if ((event.in_reply_to() & kOurs) == 0) return false;
  const bool is_answer = event.in_reply_to() == (kOurs | sequence_) && !asked_.empty();
  if (!is_answer) return true;
  deadline_.reset();
  reply(std::exchange(asked_, {}), event.engine_statistics());
  if (!waiting_.empty()) ask_media(now);
  return true;
}

void MediaCensus::ask(Callback callback, Time now) {
  if (!is_connected_) return callback(std::nullopt);
  waiting_.push_back(std::move(callback));
  if (asked_.empty()) ask_media(now);
}

void MediaCensus::ask_media(Time now) {
  asked_ = std::exchange(waiting_, {});
  deadline_ = now + kPatience;
  control::Command command;
  command.set_sequence(kOurs | ++sequence_);
  command.mutable_get_engine_statistics();
  send_(command);
}

void MediaCensus::handle_timeout(Time now) {
  if (!is_due(deadline_, now)) return;
  deadline_.reset();
  reply(std::exchange(asked_, {}), std::nullopt);
  if (!waiting_.empty()) ask_media(now);
}

void MediaCensus::reply(const std::vector<Callback>& callbacks, const Answer& answer) {
  for (const Callback& callback : callbacks) callback(answer);
}

}  // namespace offhook::app
