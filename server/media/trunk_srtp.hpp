#pragma once

#include <optional>

#include "base/result.hpp"
#include "control/control.pb.h"
#include "media/packet_buffer.hpp"
#include "media/rejections.hpp"
#include "srtp/context.hpp"

namespace offhook::media {

// SRTP of a trunk leg, under keys from its SDP. Off at first.
//
//   input                        | what happens
//   -----------------------------|-------------------------------------------------------------------
//   the same keys again          | nothing: windows and indices stay
//   another key of ours          | the stream, its SSRC and its indices go on under it (RFC 3711
//                                | 3.3.1); a key that comes back meets no index that it has seen
//   another key of the far side  | its windows begin anew, its roll-over counts on or from 0: the tag
//                                | decides
//   no keys                      | plain RTP; our state is kept, because the same key may come back
class TrunkSrtp {
 public:
  // Validated by control::validate_trunk(). After an error everything is as before.
  [[nodiscard]] Result<void> set(const control::SetRemote& remote);
  [[nodiscard]] bool is_on() const { return on_; }

  // Only while is_on(). In place; what the packet is then, or why it is none.
  [[nodiscard]] std::expected<PacketBuffer, Rejection> unprotect_rtp(const PacketBuffer& packet);
  [[nodiscard]] std::expected<MutableByteView, Rejection> unprotect_rtcp(
      const PacketBuffer& packet);
  // What is to be sent; empty: nothing, which is no secret lost.
  [[nodiscard]] MutableByteView protect_rtp(const PacketBuffer& packet);
  [[nodiscard]] MutableByteView protect_rtcp(const PacketBuffer& packet);
  void prefetch_sender() const { sender_->prefetch_cipher(); }  // a hint for protect_rtp()

 private:
  bool on_ = false;
  control::SetRemote::Sdes keys_;  // the latest
  std::optional<srtp::Sender> sender_;
  std::optional<srtp::Receiver> receiver_;
};

}  // namespace offhook::media
