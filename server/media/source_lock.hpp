#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/endpoint.hpp"
#include "rtp/packet.hpp"

namespace offhook::media {

// Whose RTP a trunk leg believes, and where it sends its own. Whoever may be believed could listen
// in or speak, so the address of the SDP decides, and learning ends with the first find.
//
//   source                          | believed
//   --------------------------------|--------------------------------------------------------------
//   the SDP's address and port      | always; ends learning, also where another was learned
//   the SDP's address, another port | until locked: after kProbation packets in sequence (a NAT in
//                                   | front of the provider, or an old call's RTP to a port that is
//                                   | ours now)
//   the SDP's /24 (IPv6: /64)       | likewise (a sibling of the provider's cluster); never on
//                                   | loopback
//   one of the two above that sent  | until locked: after kLongProbation packets in sequence. Whoever
//   before there was SDP            | sends then does not answer ours: mostly an old call's peer, and
//                                   | the new one's is there before it
//   anything else                   | never
class SourceLock {
 public:
  static constexpr unsigned kProbation = 5;
  // Five seconds: a provider that answers the call speaks by then.
  static constexpr unsigned kLongProbation = 250;
  // Told apart before the SDP comes; the newest are.
  static constexpr std::size_t kEarlySources = 4;

  // A packet came from there while is_known() is false.
  void hear_early(const Endpoint& source);

  // From SDP. Another endpoint than before starts again; one that names no host or port changes
  // nothing (a hold in the manner of RFC 2543).
  void expect(const Endpoint& from_sdp);
  // Whether this packet is to be used.
  [[nodiscard]] bool accept(const Endpoint& source, const rtp::Header& header);
  // The same host or cluster, for RTCP, whose port is not learned.
  [[nodiscard]] bool is_related(const IpAddress& address) const;

  // The SDP's own endpoint was heard: until the next SDP nobody else is believed.
  [[nodiscard]] bool is_settled() const { return locked_ && locked_ == expected_; }

  [[nodiscard]] bool is_known() const { return expected_.has_value(); }
  // Where to send: what was locked, else the SDP's endpoint. Only if is_known().
  [[nodiscard]] const Endpoint& target() const { return locked_ ? *locked_ : *expected_; }

 private:
  struct Candidate {
    Endpoint source;
    std::uint32_t ssrc = 0;
    std::uint16_t next_sequence = 0;
    unsigned packets = 0;
  };
  [[nodiscard]] bool passes_probation(const Endpoint& source, const rtp::Header& header);
  [[nodiscard]] bool was_early(const Endpoint& source) const;

  std::optional<Endpoint> expected_;
  std::optional<Endpoint> locked_;
  Candidate candidate_;
  Candidate early_candidate_;  // apart: the one does not end the other's sequence
  std::array<Endpoint, kEarlySources> early_{};
  std::size_t early_count_ = 0;  // ever written; the ring's position
};

}  // namespace offhook::media
