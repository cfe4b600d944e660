#include "provider/read_back.hpp"

#include <algorithm>

#include "rtp/packet.hpp"
#include "rtp/telephone_event.hpp"

namespace offhook::provider {

void ReadBack::handle(const rtp::Header& header, ByteView payload, Time now) {
  receiver_.handle(header, payload, now);
  collect(now);
}

void ReadBack::handle_timeout(Time now) {
  receiver_.handle_timeout(now);
  collect(now);
  if (is_due(play_at_, now)) start_playing();
}

std::optional<Time> ReadBack::next_timeout() const {
  return earliest(receiver_.next_timeout(), play_at_);
}

void ReadBack::collect(Time now) {
  while (const auto digit = receiver_.poll_digit()) {
    if (!digit->over) continue;
    if (collected_.size() < kMaxDigits) collected_ += digit->digit;
    play_at_ = now + kPatience;
    if (digit->digit == '#') start_playing();
  }
}

void ReadBack::start_playing() {
  playing_ += collected_;
  playing_.resize(std::min(playing_.size(), kMaxDigits));
  collected_.clear();
  play_at_.reset();
}

void ReadBack::fill(std::span<std::int16_t> samples) {
  while (!samples.empty()) {
    if (left_ == 0) {
      if (playing_.empty()) break;
      tone_ = rtp::DtmfTone(*rtp::event_from_digit(playing_.front()), rtp::to_ticks(kTone));
      playing_.erase(0, 1);
      left_ = rtp::to_ticks(kTone + kPause);
    }
    samples = samples.subspan(fill_from_current(samples));
  }
  std::ranges::fill(samples, std::int16_t{0});
}

std::size_t ReadBack::fill_from_current(std::span<std::int16_t> samples) {
  const std::size_t count = std::min(left_, samples.size());
  const std::size_t sounding = tone_.fill(samples.first(count));
  std::ranges::fill(samples.subspan(sounding, count - sounding), std::int16_t{0});
  left_ -= count;
  return count;
}

}  // namespace offhook::provider
