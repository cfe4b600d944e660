#pragma once

#include "media/leg.hpp"
#include "media/source_lock.hpp"
#include "media/trunk_srtp.hpp"

namespace offhook::media {

// RTP and RTCP with a provider, on a port pair of its own: plain, or under keys from its SDP. From
// the moment that the far side is known RTP goes out without a pause: the first packets open the
// NAT, and providers end calls that fall silent.
//
// With SRTP nothing is believed or learned before a packet has authenticated, and what does not is
// counted and nothing else.
//
// A far side that was heard and has fallen silent for kSilence is reported as timed out, again
// after each further kSilence: its BYE may have been lost. Not while it holds us, since it owes no
// media then; nor where it never sent any.
class TrunkLeg final : public Leg {
 public:
  static constexpr Duration kSilence = std::chrono::minutes(5);

  // `sockets` has opened `ports`.
  TrunkLeg(std::string id, std::uint64_t number, TrunkPorts& sockets, const TrunkPorts::Pair& ports,
           Outbox& outbox, Random& random, Time now);

  [[nodiscard]] const TrunkPorts::Pair& ports() const { return ports_; }
  void handle_datagram(SocketId socket, const Endpoint& remote, const PacketBuffer& datagram,
                       Time now);

  [[nodiscard]] control::AllocateLeg::Side side() const override {
    return control::AllocateLeg::TRUNK;
  }
  [[nodiscard]] Result<void> set_remote(const control::SetRemote& remote, Time now) override;
  void describe(control::LegAllocated& allocated) const override;

 protected:
  void transmit_rtp(const PacketBuffer& packet) override;
  void transmit_rtcp(const PacketBuffer& packet) override;
  [[nodiscard]] OutgoingStream::Mode wanted_mode() const override;
  [[nodiscard]] bool is_connected() const override { return connected_; }
  void handle_side_timeout(Time now) override;
  [[nodiscard]] std::optional<Time> next_side_timeout() const override;
  void prefetch_to_transmit() const override;

 private:
  void handle_rtp(const Endpoint& remote, const PacketBuffer& datagram, Time now);
  void handle_rtcp(const Endpoint& remote, const PacketBuffer& datagram, Time now);

  // Tells the sockets when whom we listen to is decided, or open again.
  void update_peer();

  TrunkPorts* sockets_;
  TrunkPorts::Pair ports_;
  SourceLock source_;
  TrunkSrtp srtp_;
  Endpoint rtcp_;
  bool send_ = false;
  bool connected_ = false;
  bool settled_ = false;  // as the sockets know it
  Time heard_at_{};       // RTP or RTCP, or where kSilence begins anew
};

}  // namespace offhook::media
