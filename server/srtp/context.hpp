#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "srtp/packet_cipher.hpp"
#include "srtp/profile.hpp"
#include "srtp/replay_window.hpp"

// SRTP and SRTCP (RFC 3711, RFC 7714), in place and without an allocation per packet. One Sender or
// Receiver has one master key and so one direction; its cipher keeps its key schedule. What the
// packets of its latest stream need stands in one piece.
namespace offhook::srtp {

enum class PacketError : std::uint8_t {
  TooShort,  // not even a header and a tag, or a header that reaches over the end
  Replayed,  // this index was there already, or is older than the window; when sending: would be
             // used twice
  AuthenticationFailed,  // the tag is wrong: another key, or somebody changed it
  TooManyStreams,        // more SSRCs under one key than kMaxStreams
  NoRoom,                // the buffer cannot hold the tag
  KeyExhausted,          // 2^31 RTCP packets are sent (RFC 3711 9.2); RTP would take 178,000 years
};

// A browser's audio leg has one SSRC each way, and one more after each renegotiation that changes
// it.
inline constexpr std::size_t kMaxStreams = 16;
// Room behind a packet that protect_rtp() and protect_rtcp() need at most: tag and SRTCP index.
inline constexpr std::size_t kMaxTrailerBytes = 20;

// What is remembered of one SSRC under one key.
struct Stream {
  std::uint32_t ssrc = 0;
  ReplayWindow rtp;   // over the 48-bit packet index
  ReplayWindow rtcp;  // over the 31-bit SRTCP index
  // The highest RTP index under the key before; 0: none, or nothing to learn from.
  std::uint64_t former_highest = 0;

  [[nodiscard]] bool is_blank() const { return rtp.empty() && rtcp.empty() && former_highest == 0; }
  // Before the first packet under this key: its index if the roll-over counts on. nullopt: there is
  // nothing to count on, or it is 0.
  [[nodiscard]] std::optional<std::uint64_t> index_counted_on(std::uint16_t sequence_number) const;
};

// All streams under one key.
struct Streams {
  Stream latest;               // by itself: calls have one
  std::vector<Stream> others;  // kMaxStreams - 1 at most
};

// Of a Sender or Receiver, from its front on: what RTP needs.
inline constexpr std::size_t kPrefetchedBytes = 192;

// Where thousands of sessions take turns, memory that is far away is most of what a packet costs
// beyond its bytes. Whoever knows which comes next may have the processor fetch it, in two steps:
// kPrefetchedBytes of the object, which does not even read it; then, when that is there,
// prefetch_cipher().
class Sender {
 public:
  // `key_and_salt` has the profile's length.
  [[nodiscard]] static Result<Sender> make(Profile profile, ByteView key_and_salt);
  // Another master key from now on. RFC 3711 3.3.1: roll-over and SRTCP index count on. So none is
  // used twice under one key, even if an earlier key comes back. After an error the old key stays.
  [[nodiscard]] Result<void> rekey(Profile profile, ByteView key_and_salt);

  // `buffer` begins with an RTP packet of `size` bytes and has room for kMaxTrailerBytes more.
  // Returns the SRTP packet, the front of `buffer`. Sequence numbers may arrive out of order within
  // the window; the roll-over is counted from them. A number that was sent already is refused: its
  // key stream would be used twice.
  [[nodiscard]] std::expected<MutableByteView, PacketError> protect_rtp(MutableByteView buffer,
                                                                        std::size_t size);
  // The same for a compound RTCP packet; the SRTCP index counts up by itself.
  [[nodiscard]] std::expected<MutableByteView, PacketError> protect_rtcp(MutableByteView buffer,
                                                                         std::size_t size);
  void prefetch_cipher() const { cipher_.prefetch(); }

 private:
  explicit Sender(PacketCipher cipher) : cipher_(std::move(cipher)) {}
  Streams streams_;
  PacketCipher cipher_;
};

class Receiver {
 public:
  [[nodiscard]] static Result<Receiver> make(Profile profile, ByteView key_and_salt);
  // Another master key from now on; what is still on its way under the old one is lost. Whether the
  // far side counts its roll-over on (RFC 3711 3.3.1) or from 0, as many do, the tag of its latest
  // stream's first packet decides. After an error the old key stays.
  [[nodiscard]] Result<void> rekey(Profile profile, ByteView key_and_salt);

  // Returns the RTP packet, the front of `packet`. After an error the bytes of `packet` are
  // unspecified, and nothing else has changed: only an authenticated packet moves a window or makes
  // a stream.
  [[nodiscard]] std::expected<MutableByteView, PacketError> unprotect_rtp(MutableByteView packet);
  [[nodiscard]] std::expected<MutableByteView, PacketError> unprotect_rtcp(MutableByteView packet);
  void prefetch_cipher() const { cipher_.prefetch(); }

 private:
  explicit Receiver(PacketCipher cipher) : cipher_(std::move(cipher)) {}
  [[nodiscard]] bool opens(MutableByteView packet, std::size_t header_bytes, std::uint64_t index);
  Streams streams_;
  PacketCipher cipher_;
};

}  // namespace offhook::srtp
