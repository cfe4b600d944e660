#include "media/source_lock.hpp"

#include <algorithm>

namespace offhook::media {
namespace {

bool is_sibling(const IpAddress& a, const IpAddress& b) {
  // All of 127.0.0.0/8 is this machine: there the /24 names no cluster, and everybody's programs
  // are neighbours.
  if (a.is_v4() != b.is_v4() || a.is_loopback()) return false;
  const std::size_t prefix_bytes = a.is_v4() ? 3 : 8;
  return std::ranges::equal(a.bytes().first(prefix_bytes), b.bytes().first(prefix_bytes));
}

}  // namespace

void SourceLock::hear_early(const Endpoint& source) {
  if (!was_early(source)) early_[early_count_++ % early_.size()] = source;
}

bool SourceLock::was_early(const Endpoint& source) const {
  return std::ranges::find(early_, source) != early_.end();
}

void SourceLock::expect(const Endpoint& from_sdp) {
  if (from_sdp.address.is_unspecified() || from_sdp.port == 0 || expected_ == from_sdp) return;
  expected_ = from_sdp;
  locked_.reset();
  candidate_ = {};
  early_candidate_ = {};
}

bool SourceLock::accept(const Endpoint& source, const rtp::Header& header) {
  if (locked_ == source) return true;
  if (!expected_) return false;
  const bool exact = source == *expected_;
  if (locked_ && !exact) return false;
  if (!exact && !passes_probation(source, header)) return false;
  locked_ = source;
  return true;
}

bool SourceLock::is_related(const IpAddress& address) const {
  return expected_ && (address == expected_->address || is_sibling(address, expected_->address));
}

bool SourceLock::passes_probation(const Endpoint& source, const rtp::Header& header) {
  if (!is_related(source.address)) return false;
  const bool early = was_early(source);
  Candidate& candidate = early ? early_candidate_ : candidate_;
  const bool continues = candidate.source == source && candidate.ssrc == header.ssrc &&
                         candidate.next_sequence == header.sequence;
  const unsigned packets = continues ? candidate.packets + 1 : 1;
  candidate = {source, header.ssrc, static_cast<std::uint16_t>(header.sequence + 1), packets};
  return packets >= (early ? kLongProbation : kProbation);
}

}  // namespace offhook::media
