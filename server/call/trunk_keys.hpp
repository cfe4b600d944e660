#pragma once

#include <optional>
#include <vector>

#include "base/random.hpp"
#include "call/srtp_policy.hpp"
#include "control/control.pb.h"
#include "sdp/offer_answer.hpp"

namespace offhook::call {

// The SRTP keys of a call's trunk leg, as they are offered and answered (RFC 4568 7.1). Our key is
// made once and stays for as long as its suite does: with the far side's unchanged too, a re-INVITE
// leaves media alone.
//
// With Optional an INVITE of ours insists on SRTP (RTP/SAVP), and where that is refused the next one
// says plain RTP. Keys under RTP/AVP, which some call best effort, would save that round trip, but no
// RFC tells what they mean, and chan_sip takes them for plain RTP: a provider that wants encryption
// then refuses, and others answer something that is neither. Only where there is no second try, in
// the offer of a 200, they stand under RTP/AVP.
class TrunkKeys {
 public:
  TrunkKeys(SrtpPolicy policy, Random& random) : policy_(policy), random_(&random) {}

  // Puts our keys into an offer in an INVITE.
  void write_offer(sdp::TrunkLocal& local);
  // Likewise into one in a 200.
  void write_late_offer(sdp::TrunkLocal& local);
  // False, and nothing changed: the policy forbids what the far side says.
  [[nodiscard]] bool read_answer(const sdp::TrunkRemote& remote);
  [[nodiscard]] bool read_offer(const sdp::TrunkRemote& remote);
  // After read_offer(). What it says is what a refresh of ours offers.
  void write_answer(sdp::TrunkLocal& local);
  // The far side refuses our INVITE's offer: true if another one, without SRTP, may be accepted.
  [[nodiscard]] bool give_way();

  // For media; nullopt: plain RTP.
  [[nodiscard]] std::optional<control::SetRemote::Sdes> for_media() const;

 private:
  [[nodiscard]] bool take_plain(const sdp::TrunkRemote& remote);
  void agree(const sdp::Crypto& ours, const Bytes& theirs);

  SrtpPolicy policy_;
  Random* random_;
  bool gave_way_ = false;
  std::vector<sdp::Crypto> offered_;  // in our latest SDP
  std::optional<sdp::Crypto> ours_;   // in force
  Bytes theirs_;                      // empty: plain RTP
};

}  // namespace offhook::call
