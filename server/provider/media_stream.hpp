#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "provider/read_back.hpp"
#include "provider/script.hpp"
#include "rtp/packet.hpp"
#include "rtp/stream_rewriter.hpp"
#include "rtp/tone.hpp"
#include "sdp/offer_answer.hpp"
#include "srtp/context.hpp"

namespace offhook::provider {

// The audio of one call at the provider: what it hears and what it says. No RTCP, as at VoIP.ms.
class MediaStream {
 public:
  struct Datagram {
    Endpoint remote;
    Bytes packet;
  };

  MediaStream(const sdp::AudioFormat& format, std::optional<Endpoint> remote, Random& random);

  // What is sent from now on. Everything but Echo is paced at 20 ms a packet.
  void play(Sound sound, Time now);
  // After a re-INVITE: another address is learnt anew. nullopt: nothing is sent (hold).
  void set_remote(const sdp::AudioFormat& format, std::optional<Endpoint> remote);
  // SRTP from now on; the keys that are in use already change nothing.
  void secure(const sdp::Crypto& ours, const Bytes& theirs);
  void handle_packet(const Endpoint& from, ByteView datagram, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Time> next_timeout() const;
  [[nodiscard]] std::optional<Datagram> poll_datagram();
  // The last packet from the far end; nullopt before the first.
  [[nodiscard]] std::optional<Time> last_received() const { return last_received_; }

 private:
  // Sources of the outgoing stream.
  enum Source : rtp::StreamRewriter::SourceId { kOwn, kFarEnd };

  [[nodiscard]] bool accepts(const Endpoint& from);
  void echo(const rtp::PacketView& packet, Time now);
  void send_paced(Time now);
  void send(const rtp::Header& header, ByteView payload);
  // In place; what comes in the clear where it must not is nobody's.
  [[nodiscard]] std::optional<MutableByteView> opened(MutableByteView packet);

  sdp::AudioFormat format_;
  std::optional<Endpoint> remote_;
  bool locked_ = false;  // on the first source seen
  rtp::StreamRewriter stream_;
  Bytes our_key_;
  Bytes their_key_;
  std::optional<srtp::Sender> sender_;
  std::optional<srtp::Receiver> receiver_;
  Sound sound_ = Sound::Silence;
  std::optional<Time> next_packet_at_;
  rtp::ToneGenerator tone_;
  ReadBack read_back_;
  std::optional<Time> last_received_;
  std::deque<Datagram> outputs_;
};

}  // namespace offhook::provider
