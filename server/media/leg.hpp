#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/limits.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "control/control.pb.h"
#include "media/format.hpp"
#include "media/music.hpp"
#include "media/outbox.hpp"
#include "media/outgoing_stream.hpp"
#include "media/packet_buffer.hpp"
#include "media/rejections.hpp"
#include "media/timer_queue.hpp"
#include "rtp/dtmf_receiver.hpp"
#include "rtp/rtcp_session.hpp"
#include "rtp/statistics.hpp"
#include "rtp/tone_detector.hpp"

namespace offhook::media {

enum class MediaKind : std::uint8_t { Audio, TelephoneEvent };

// One side of a call: a stream out, a stream in, and RTCP for both. What stands between the two
// streams and the wire (addresses, ICE, DTLS, SRTP) is the derived class's.
class Leg {
 public:
  // Without a command that names it, a leg stops sending after this; the provider's own timeout
  // then ends the call.
  static constexpr Duration kLease = std::chrono::seconds(120);
  // Signal ends a call kCallLength after its answer, and a leg is there before, while it rings:
  // what outlives both was forgotten.
  static constexpr Duration kMaxLength = limits::kCallLength + std::chrono::minutes(10);

  // `number` names the leg as a source of packets, and is never used again.
  Leg(std::string id, std::uint64_t number, bool never_silent, Duration report_interval,
      Outbox& outbox, Random& random, Time now);
  virtual ~Leg() = default;
  Leg(const Leg&) = delete;
  Leg& operator=(const Leg&) = delete;

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] virtual control::AllocateLeg::Side side() const = 0;

  // ---- commands ----
  // A validated command. An error is about the fields of this side.
  [[nodiscard]] virtual Result<void> set_remote(const control::SetRemote& remote, Time now) = 0;
  // Fills in what this side knows of itself.
  virtual void describe(control::LegAllocated& allocated) const;
  void renew_lease(Time now);
  // What plays already goes on. `hold_music` outlives the leg; null: the built-in.
  void play(const control::Play& command, const Music* hold_music, Time now);
  void stop_playing(Time now);
  // The same `sequence` again is the same command again.
  [[nodiscard]] Result<void> send_digit(const control::SendDigit& command, std::uint64_t sequence,
                                        Time now);
  // A new signal process counts its commands anew.
  void forget_digit_sequence() { digit_sequence_ = 0; }
  [[nodiscard]] control::LegStatistics statistics() const;
  [[nodiscard]] control::SideStatistics totals() const;
  // RTCP BYE, while the far side can still be reached; nothing is to be sent after it.
  void say_goodbye(Time now);

  // ---- bridge ----
  void join(std::string bridge_id, Leg& peer);
  void leave_bridge();
  [[nodiscard]] const std::string& bridge_id() const { return bridge_id_; }  // "" without
  [[nodiscard]] Leg* peer() const { return peer_; }

  // ---- time ----
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const;
  // The part of next_timeout() that a packet may bring forward.
  [[nodiscard]] std::optional<Time> next_packet_timeout() const;
  [[nodiscard]] TimerQueue<Leg>::Timer& timer() { return timer_; }

 protected:
  // Sends a packet of our stream towards the remote side, protected as the side demands.
  virtual void transmit_rtp(const PacketBuffer& packet) = 0;
  virtual void transmit_rtcp(const PacketBuffer& packet) = 0;
  // What the stream would do if there were no lease.
  [[nodiscard]] virtual OutgoingStream::Mode wanted_mode() const = 0;
  [[nodiscard]] virtual bool is_connected() const = 0;
  virtual void handle_side_timeout(Time now) = 0;
  [[nodiscard]] virtual std::optional<Time> next_side_timeout() const = 0;
  // What transmit_rtp() will need of the side, as a hint.
  virtual void prefetch_to_transmit() const = 0;

  // Before a packet is looked at: the processor fetches meanwhile what relaying it will need.
  void prefetch_peer() const;
  // By the payload type; nullopt for one that was not negotiated.
  [[nodiscard]] std::optional<MediaKind> kind_of(const rtp::Header& header) const;
  // A packet that was validated by address or SRTP, of the kind that kind_of() told.
  void receive_rtp(const PacketBuffer& received, const rtp::PacketView& view, MediaKind kind,
                   Time now);
  // Likewise validated, of a payload type that was not negotiated, as comfort noise: not relayed,
  // but no loss either, neither to us nor to who listens to the peer.
  void receive_unused(const rtp::Header& header, Time now);
  // False: it makes no sense, and was counted.
  bool receive_rtcp(ByteView compound, Time now);
  void set_format(const control::SetRemote& remote);
  // After anything that wanted_mode() depends on.
  void update_mode(Time now);
  void reject(Rejection cause) { rejections_.count(cause); }
  void report_connected();
  void report_timed_out();
  [[nodiscard]] Outbox& outbox() { return *outbox_; }

 private:
  void relay(const PacketBuffer& received, const rtp::PacketView& view, const Origin& origin,
             Time now);
  void receive_event(const rtp::PacketView& view, Time now);
  void look_for_tones(const rtp::PacketView& view);
  void send_due(Time now);
  void transmit(const PacketBuffer& packet);
  void send_report(Time now);
  [[nodiscard]] rtp::SentStream sent_stream(Time now) const;
  void report_digit(char digit, Duration duration);
  [[nodiscard]] bool may_send(Time now) const { return now < lease_until_ && now < ends_at_; }

  std::string id_;
  std::uint64_t number_;
  Outbox* outbox_;
  Random* random_;
  Time allocated_at_;
  Time lease_until_;
  Time ends_at_;
  bool lapsed_ = false;  // the lease or the longest length is over, and that was said
  std::uint64_t digit_sequence_ = 0;

  std::optional<Format> format_;
  control::Play::Sound sound_ = control::Play::SOUND_UNSPECIFIED;  // that was asked for last
  OutgoingStream stream_;
  std::uint64_t packets_sent_ = 0;
  std::uint64_t payload_bytes_sent_ = 0;

  rtp::ReceivedStream received_;
  rtp::DtmfReceiver digits_;
  // Where asked for, until the side has sent an event: who sends events sends the same digits as
  // tones by mistake at most.
  std::unique_ptr<rtp::ToneDetector> tones_;
  bool sends_events_ = false;
  Rejections rejections_;
  std::optional<Time> first_packet_at_;
  rtp::RtcpSession rtcp_;

  std::string bridge_id_;
  Leg* peer_ = nullptr;
  TimerQueue<Leg>::Timer timer_{*this};
};

}  // namespace offhook::media
