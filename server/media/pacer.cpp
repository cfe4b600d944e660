#include "media/pacer.hpp"

#include <algorithm>

namespace offhook::media {

bool Pacer::admit(Time now) {
  if (!waiting_.empty() || now < next_departure()) return false;
  paid_until_ = std::max(paid_until_, now) + kSpacing;
  return true;
}

void Pacer::hold(Waiting packet) {
  if (waiting_.size() == kMaxWaiting) {
    waiting_.pop_front();
    ++dropped_;
  }
  waiting_.push_back(std::move(packet));
}

std::optional<Pacer::Waiting> Pacer::poll(Time now) {
  while (!waiting_.empty() && now - waiting_.front().since > kMaxAge) {
    waiting_.pop_front();
    ++dropped_;
  }
  if (waiting_.empty() || now < next_departure()) return std::nullopt;
  paid_until_ = std::max(paid_until_, now) + kSpacing;
  Waiting packet = std::move(waiting_.front());
  waiting_.pop_front();
  return packet;
}

std::optional<Time> Pacer::next_timeout() const {
  return waiting_.empty() ? std::nullopt : std::optional(next_departure());
}

}  // namespace offhook::media
