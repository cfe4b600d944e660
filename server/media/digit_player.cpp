#include "media/digit_player.hpp"

#include <algorithm>

#include "rtp/telephone_event.hpp"

namespace offhook::media {
namespace {

// The first sample at or after `until`, counted from the one at `from`.
std::size_t samples_until(Time from, Time until) {
  if (until <= from) return 0;
  return static_cast<std::size_t>((until - from + rtp::from_ticks(1) - Duration(1)) /
                                  rtp::from_ticks(1));
}

}  // namespace

void DigitPlayer::set_tones(bool tones) {
  if (tones == tones_) return;
  clear();
  tones_ = tones;
}

bool DigitPlayer::press(char digit, Duration duration, Time now) {
  const auto event = rtp::event_from_digit(digit);
  if (!event) return false;
  if (duration == Duration::zero()) duration = kDefaultDuration;
  const auto ticks = rtp::to_ticks(std::clamp(duration, kMinDuration, kMaxDuration));
  return push({.digit = {.event = *event, .ticks = ticks}, .earliest = now});
}

void DigitPlayer::relay(SourceId source, const rtp::DtmfReceiver::Digit& digit,
                        std::uint16_t sequence, Time now) {
  const Key key{source, digit.ssrc, digit.timestamp};
  const std::uint32_t ticks = rtp::to_ticks(digit.duration);
  if (!open_ || open_->key != key) {
    begin(key, digit, sequence, now);
  } else {
    extend(ticks, digit.over, now);
  }
  last_key_ = key;
  last_ticks_ = ticks;
  if (digit.over) open_.reset();
}

void DigitPlayer::begin(const Key& key, const rtp::DtmfReceiver::Digit& digit,
                        std::uint16_t sequence, Time now) {
  if (open_) extend(0, true, now);  // another source has taken its place
  Item item{.digit = {.event = *rtp::event_from_digit(digit.digit),
                      .volume = digit.volume,
                      .over = digit.over,
                      .ticks = rtp::to_ticks(digit.duration)},
            .key = key,
            .sequence = sequence,
            .earliest = now};
  if (tones_) {
    item.gap = gap_before(key);
    item.earliest = now + kToneDelay;
    // What is shorter is heard by nobody.
    item.digit.ticks = std::max(item.digit.ticks, rtp::to_ticks(kMinDuration));
  } else if (follows_at_once(key, now)) {
    item.as_it_comes = true;
    if (sending_) sender_.finish();
  }
  open_ = Open{key, push(item) ? Place::Queued : Place::Gone};
}

void DigitPlayer::extend(std::uint32_t ticks, bool over, Time now) {
  switch (open_->place) {
    case Place::Sending:
      if (!tones_) return sender_.extend(ticks, over, now);
      return tone_.extend(ticks);
    case Place::Queued: {
      rtp::DtmfDigit& digit = std::ranges::find(queue_, open_->key, &Item::key)->digit;
      digit.ticks = std::max(digit.ticks, ticks);
      digit.over = over;
      return;
    }
    case Place::Gone:
      return;
  }
}

bool DigitPlayer::follows_at_once(const Key& key, Time now) const {
  if (!queue_.empty()) return false;
  const bool after_its_own = current_.as_it_comes && current_.key->source == key.source;
  return after_its_own || (!sending_ && (!ended_at_ || now >= *ended_at_ + kPause));
}

std::optional<Duration> DigitPlayer::gap_before(const Key& key) const {
  if (!last_key_ || last_key_->source != key.source || last_key_->ssrc != key.ssrc) {
    return std::nullopt;
  }
  const std::int32_t ticks =
      rtp::timestamp_distance(last_key_->timestamp + last_ticks_, key.timestamp);
  if (ticks < 0 || rtp::from_ticks(static_cast<std::uint32_t>(ticks)) > kLongestGap) {
    return std::nullopt;
  }
  return rtp::from_ticks(static_cast<std::uint32_t>(ticks));
}

bool DigitPlayer::push(const Item& item) {
  if (queue_.size() == kMaxQueued) return false;
  queue_.push_back(item);
  return true;
}

void DigitPlayer::clear() {
  queue_.clear();
  if (open_) open_->place = Place::Gone;
  sending_ = false;
  ended_at_.reset();
  sender_.clear();
}

Time DigitPlayer::start_of_next() const {
  const Item& next = queue_.front();
  if (next.as_it_comes || !ended_at_) return next.earliest;
  if (next.gap) return *ended_at_ + std::max(*next.gap, kMinPause);
  return std::max(next.earliest, *ended_at_ + kPause);
}

void DigitPlayer::take_next() {
  current_ = queue_.front();
  queue_.erase(queue_.begin());
  sending_ = true;
  if (open_ && open_->place == Place::Queued && open_->key == current_.key) {
    open_->place = Place::Sending;
  }
}

void DigitPlayer::end(Time ended_at) {
  sending_ = false;
  ended_at_ = ended_at;
  if (open_ && open_->place == Place::Sending) open_->place = Place::Gone;
}

std::optional<DigitPlayer::EventPacket> DigitPlayer::poll_event(Time now) {
  if (tones_) return std::nullopt;
  if (!sending_) {
    if (queue_.empty() || start_of_next() > now) return std::nullopt;
    take_next();
    const std::uint32_t elapsed = current_.as_it_comes ? current_.digit.ticks : 0;
    started_at_ = now - rtp::from_ticks(elapsed);
    sender_.start(current_.digit, elapsed, now);
  }
  const std::uint32_t ticks = sender_.ticks();
  const auto packet = sender_.poll_packet(now);
  if (!packet) return std::nullopt;
  if (!sender_.busy()) end(started_at_ + rtp::from_ticks(ticks));
  EventPacket event{.marker = packet->marker,
                    .timestamp = rtp::local_timestamp(started_at_) + packet->offset,
                    .payload = packet->payload};
  if (current_.as_it_comes) {
    event.source = current_.key->source;
    event.ssrc = current_.key->ssrc;
    event.sequence = current_.sequence;
    event.timestamp = current_.key->timestamp + packet->offset;
  }
  return event;
}

void DigitPlayer::fill(std::span<std::int16_t> samples, Time start) {
  while (!samples.empty()) {
    std::size_t count = samples.size();
    if (sending_) {
      count = tone_.fill(samples);
      if (tone_.finished()) end(start + rtp::from_ticks(static_cast<std::uint32_t>(count)));
    } else {
      if (!queue_.empty()) count = std::min(count, samples_until(start, start_of_next()));
      std::ranges::fill(samples.first(count), std::int16_t{0});
      if (count < samples.size()) {
        take_next();
        tone_ = rtp::DtmfTone(current_.digit.event, current_.digit.ticks);
      }
    }
    samples = samples.subspan(count);
    start += rtp::from_ticks(static_cast<std::uint32_t>(count));
  }
}

}  // namespace offhook::media
