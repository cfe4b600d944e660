#include "rtp/stream_rewriter.hpp"

#include <algorithm>

namespace offhook::rtp {
namespace {

// Further back than ten seconds a source has begun again; nearer it may be a straggler.
constexpr int kMaxStepBack = 500;
// More than clocks differ, and less than can be heard.
constexpr int kLeadDecay = 1'024;

constexpr Duration in_time(std::int32_t ticks) { return ticks * std::chrono::microseconds(125); }

}  // namespace

StreamRewriter::StreamRewriter(std::uint32_t ssrc, std::uint16_t first_sequence,
                               std::uint32_t first_timestamp)
    : ssrc_(ssrc),
      highest_(static_cast<std::uint16_t>((first_sequence & 0x7FFF) - 1)),
      timestamp_(first_timestamp) {}

std::optional<Header> StreamRewriter::relay(SourceId source, const Header& received, Time now,
                                            std::uint32_t samples) {
  if (is_continued_by(source, received) && !leaps(received, now)) {
    if (const auto header = finish(received, now, samples)) return header;
    if (!has_stepped_back(received.sequence)) return std::nullopt;
  }
  switch_to(source, received, now, samples);
  Header header = received;
  header.marker = true;
  return finish(header, now, samples);
}

void StreamRewriter::absorb(SourceId source, const Header& received) {
  if (!is_continued_by(source, received)) return;
  const auto sequence = static_cast<std::uint16_t>(received.sequence + sequence_offset_);
  if (is_newer(sequence, highest_)) renumber(received.sequence, highest_);
}

Header StreamRewriter::insert(SourceId source, const Header& received, Time now) {
  Header header = received;
  const auto next = static_cast<std::uint16_t>(highest_ + 1);
  if (started_ && source_ == source && source_ssrc_ == received.ssrc) {
    header.sequence = static_cast<std::uint16_t>(highest_ - sequence_offset_);
    renumber(header.sequence, next);
  } else {
    switch_to(source, received, now, 0);
    header.marker = true;
  }
  return *finish(header, now, 0);
}

Header StreamRewriter::produce(SourceId source, std::uint8_t payload_type, bool marker,
                               std::uint32_t timestamp, Time now, std::uint32_t samples) {
  const bool continued = started_ && source_ == source && source_ssrc_ == ssrc_;
  const auto next = static_cast<std::uint16_t>(highest_ + 1);
  if (!continued) {
    switch_to(source, {.sequence = next, .timestamp = timestamp, .ssrc = ssrc_}, now, samples);
  }
  const Header header{.marker = marker || !continued,
                      .payload_type = payload_type,
                      .sequence = static_cast<std::uint16_t>(next - sequence_offset_),
                      .timestamp = timestamp,
                      .ssrc = ssrc_};
  return *finish(header, now, samples);
}

std::uint32_t StreamRewriter::timestamp_at(Time now) const {
  return started_ ? timestamp_ + to_ticks(now - timestamp_at_) : timestamp_;
}

bool StreamRewriter::is_continued_by(SourceId source, const Header& received) const {
  if (!started_ || interrupted_ || source_ != source || source_ssrc_ != received.ssrc) return false;
  const auto sequence = static_cast<std::uint16_t>(received.sequence + sequence_offset_);
  const int step = sequence_distance(highest_, sequence);
  return step <= kMaxStepForward && step >= -kMaxStepBack;
}

bool StreamRewriter::leaps(const Header& received, Time now) const {
  const auto step = in_time(timestamp_distance(timestamp_, received.timestamp + timestamp_offset_));
  // Mostly it is the next packet, and the clock need not be asked.
  if (step >= -kMaxLeapBack && step <= kMaxLeapAhead) return false;
  const auto sequence = static_cast<std::uint16_t>(received.sequence + sequence_offset_);
  if (!is_newer(sequence, highest_)) return false;
  return step < Duration{} || step - (now - timestamp_at_) > kMaxLeapAhead;
}

bool StreamRewriter::has_stepped_back(std::uint16_t sequence) {
  const bool in_order = refused_in_order_ > 0 && sequence_distance(last_refused_, sequence) > 0;
  refused_in_order_ = in_order ? refused_in_order_ + 1 : 1;
  last_refused_ = sequence;
  return refused_in_order_ >= kStepBackProof;
}

void StreamRewriter::renumber(std::uint16_t sequence, std::uint16_t ours) {
  sequence_offset_ = static_cast<std::uint16_t>(ours - sequence);
  sent_mask_ = ~std::uint64_t{0};
}

void StreamRewriter::switch_to(SourceId source, const Header& first, Time now,
                               std::uint32_t samples) {
  source_ = source;
  source_ssrc_ = first.ssrc;
  renumber(first.sequence, static_cast<std::uint16_t>(highest_ + 1));
  std::uint32_t next = timestamp_;
  if (started_) {
    const std::uint32_t length = samples_ == 0 ? kSamplesPerPacket : samples_;
    // How long events and the pauses between them last is their meaning.
    const Duration heard = samples_ == 0 || samples == 0 ? Duration{} : lead_;
    const std::uint32_t missing = to_ticks(std::max(now - timestamp_at_ - heard, Duration{}));
    next += missing < 2 * length ? length : missing;
  }
  timestamp_offset_ = next - first.timestamp;
  interrupted_ = false;
}

std::optional<Header> StreamRewriter::finish(Header header, Time now, std::uint32_t samples) {
  header.sequence = static_cast<std::uint16_t>(header.sequence + sequence_offset_);
  header.timestamp += timestamp_offset_;
  header.ssrc = ssrc_;
  if (!claim(header.sequence)) return std::nullopt;
  refused_in_order_ = 0;
  const auto step = timestamp_distance(timestamp_, header.timestamp);
  if (!started_ || step > 0) {
    if (started_) {
      const Duration passed = now - timestamp_at_;
      lead_ += in_time(step) - passed - passed / kLeadDecay;
      lead_ = std::clamp(lead_, Duration{}, kMaxLead);
    }
    timestamp_ = header.timestamp;
    timestamp_at_ = now;
    samples_ = samples;
  }
  started_ = true;
  return header;
}

bool StreamRewriter::claim(std::uint16_t sequence) {
  const int step = sequence_distance(highest_, sequence);
  if (step > 0) {
    sent_mask_ = step >= kWindow ? 1 : (sent_mask_ << step) | 1;
    highest_ = sequence;
    return true;
  }
  if (-step >= kWindow) return false;
  const std::uint64_t bit = std::uint64_t{1} << -step;
  if (sent_mask_ & bit) return false;
  sent_mask_ |= bit;
  return true;
}

}  // namespace offhook::rtp
