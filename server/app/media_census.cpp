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
  answer(std::exchange(asked_, {}), {});
  answer(std::exchange(waiting_, {}), {});
}

bool MediaCensus::handle(const control::Event& event, Time now) {
  if ((event.in_reply_to() & kOurs) == 0) return false;
  // The last page ends the reply; what each says of the totals is the same.
  const bool is_answer = event.in_reply_to() == (kOurs | sequence_) && !asked_.empty();
  if (!is_answer || (event.has_leg_list() && event.leg_list().more())) return true;
  deadline_.reset();
  answer(std::exchange(asked_, {}), {.is_connected = true,
                                     .legs = event.leg_list().total(),
                                     .bridges = event.leg_list().bridges()});
  if (!waiting_.empty()) ask_media(now);
  return true;
}

void MediaCensus::ask(Callback callback, Time now) {
  if (!is_connected_) return callback({});
  waiting_.push_back(std::move(callback));
  if (asked_.empty()) ask_media(now);
}

void MediaCensus::ask_media(Time now) {
  asked_ = std::exchange(waiting_, {});
  deadline_ = now + kPatience;
  control::Command command;
  command.set_sequence(kOurs | ++sequence_);
  command.mutable_list();
  send_(command);
}

void MediaCensus::handle_timeout(Time now) {
  if (!is_due(deadline_, now)) return;
  deadline_.reset();
  answer(std::exchange(asked_, {}), {});
  if (!waiting_.empty()) ask_media(now);
}

void MediaCensus::answer(const std::vector<Callback>& callbacks, const Count& count) {
  for (const Callback& callback : callbacks) callback(count);
}

}  // namespace offhook::app
