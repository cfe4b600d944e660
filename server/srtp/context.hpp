#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "srtp/profile.hpp"
#include "srtp/replay_window.hpp"

// SRTP and SRTCP (RFC 3711, RFC 7714), in place and without an allocation per packet. One Sender or
// Receiver has one master key and so one direction; its ciphers keep their key schedule, a packet
// only sets the IV.
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

class CipherPair;  // the session keys of SRTP and SRTCP

// What is remembered of one SSRC under one key.
struct Stream {
  std::uint32_t ssrc = 0;
  ReplayWindow rtp;   // over the 48-bit packet index
  ReplayWindow rtcp;  // over the 31-bit SRTCP index
};

class Sender {
 public:
  // `key_and_salt` has the profile's length.
  [[nodiscard]] static Result<Sender> make(Profile profile, ByteView key_and_salt);
  Sender(Sender&&) noexcept;
  Sender& operator=(Sender&&) noexcept;
  ~Sender();

  // `buffer` begins with an RTP packet of `size` bytes and has room for kMaxTrailerBytes more.
  // Returns the SRTP packet, the front of `buffer`. Sequence numbers may arrive out of order within
  // the window; the roll-over is counted from them. A number that was sent already is refused: its
  // key stream would be used twice.
  [[nodiscard]] std::expected<MutableByteView, PacketError> protect_rtp(MutableByteView buffer,
                                                                        std::size_t size);
  // The same for a compound RTCP packet; the SRTCP index counts up by itself.
  [[nodiscard]] std::expected<MutableByteView, PacketError> protect_rtcp(MutableByteView buffer,
                                                                         std::size_t size);

 private:
  explicit Sender(std::unique_ptr<CipherPair> ciphers);
  std::unique_ptr<CipherPair> ciphers_;
  std::vector<Stream> streams_;
};

class Receiver {
 public:
  [[nodiscard]] static Result<Receiver> make(Profile profile, ByteView key_and_salt);
  Receiver(Receiver&&) noexcept;
  Receiver& operator=(Receiver&&) noexcept;
  ~Receiver();

  // Returns the RTP packet, the front of `packet`. After an error the bytes of `packet` are
  // unspecified, and nothing else has changed: only an authenticated packet moves a window or makes
  // a stream.
  [[nodiscard]] std::expected<MutableByteView, PacketError> unprotect_rtp(MutableByteView packet);
  [[nodiscard]] std::expected<MutableByteView, PacketError> unprotect_rtcp(MutableByteView packet);

 private:
  explicit Receiver(std::unique_ptr<CipherPair> ciphers);
  std::unique_ptr<CipherPair> ciphers_;
  std::vector<Stream> streams_;
};

}  // namespace offhook::srtp
