#include "srtp/context.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "srtp/packet_cipher.hpp"

namespace offhook::srtp {

class CipherPair {
 public:
  CipherPair(Profile profile, ByteView key_and_salt, Direction direction)
      : rtp(profile, PacketKind::Rtp, derive_session_keys(profile, PacketKind::Rtp, key_and_salt),
            direction),
        rtcp(profile, PacketKind::Rtcp,
             derive_session_keys(profile, PacketKind::Rtcp, key_and_salt), direction),
        aead(is_aead(profile)) {}

  PacketCipher rtp;
  PacketCipher rtcp;
  bool aead;
};

namespace {

constexpr std::size_t kRtpFixedHeaderBytes = 12;
constexpr std::size_t kRtcpHeaderBytes = 8;  // what stays in the clear (RFC 3711 3.4)
constexpr std::size_t kRtcpIndexBytes = 4;
constexpr std::uint32_t kEncryptedFlag = 0x80000000;
constexpr std::uint64_t kMaxRtcpIndex = 0x7FFFFFFF;

Result<std::unique_ptr<CipherPair>> make_ciphers(Profile profile, ByteView key_and_salt,
                                                 Direction direction) {
  const std::size_t wanted = key_bytes(profile) + salt_bytes(profile);
  if (key_and_salt.size() != wanted) {
    return failure("an SRTP key with salt of " + std::to_string(key_and_salt.size()) +
                   " bytes where " + std::to_string(wanted) + " are needed");
  }
  return std::make_unique<CipherPair>(profile, key_and_salt, direction);
}

// The bytes before the payload: fixed header, CSRCs, extension (RFC 3550 5.1, 5.3.1). nullopt: they
// are not all there.
std::optional<std::size_t> rtp_header_bytes(ByteView packet) {
  if (packet.size() < kRtpFixedHeaderBytes) return std::nullopt;
  std::size_t size = kRtpFixedHeaderBytes + 4 * std::size_t{packet[0] & 0x0FU};
  if ((packet[0] & 0x10) != 0) {
    if (packet.size() < size + 4) return std::nullopt;
    size += 4 + 4 * std::size_t{load_u16(packet.data() + size + 2)};
  }
  if (packet.size() < size) return std::nullopt;
  return size;
}

// The state of one SSRC. A new one becomes part of `streams` with keep(), when its first packet has
// gone well.
class StreamOf {
 public:
  StreamOf(std::vector<Stream>& streams, std::uint32_t ssrc) : streams_(streams) {
    const auto found = std::ranges::find(streams, ssrc, &Stream::ssrc);
    if (found != streams.end()) known_ = &*found;
    fresh_.ssrc = ssrc;
  }

  [[nodiscard]] bool fits() const { return known_ != nullptr || streams_.size() < kMaxStreams; }
  [[nodiscard]] Stream& operator*() { return known_ != nullptr ? *known_ : fresh_; }
  [[nodiscard]] Stream* operator->() { return &**this; }
  void keep() {
    if (known_ == nullptr) streams_.push_back(fresh_);
  }

 private:
  std::vector<Stream>& streams_;
  Stream* known_ = nullptr;
  Stream fresh_;
};

}  // namespace

Sender::Sender(std::unique_ptr<CipherPair> ciphers) : ciphers_(std::move(ciphers)) {}
Sender::Sender(Sender&&) noexcept = default;
Sender& Sender::operator=(Sender&&) noexcept = default;
Sender::~Sender() = default;

Result<Sender> Sender::make(Profile profile, ByteView key_and_salt) {
  auto ciphers = make_ciphers(profile, key_and_salt, Direction::Protect);
  if (!ciphers) return std::unexpected(ciphers.error());
  return Sender(std::move(*ciphers));
}

std::expected<MutableByteView, PacketError> Sender::protect_rtp(MutableByteView buffer,
                                                                std::size_t size) {
  if (buffer.size() < size) return std::unexpected(PacketError::NoRoom);
  const auto header_bytes = rtp_header_bytes(buffer.first(size));
  if (!header_bytes) return std::unexpected(PacketError::TooShort);
  PacketCipher& cipher = ciphers_->rtp;
  if (buffer.size() - size < cipher.tag_bytes()) return std::unexpected(PacketError::NoRoom);

  StreamOf stream(streams_, load_u32(buffer.data() + 8));
  if (!stream.fits()) return std::unexpected(PacketError::TooManyStreams);
  const auto index = guess_index(stream->rtp, load_u16(buffer.data() + 2));
  if (!index || !stream->rtp.accepts(*index)) return std::unexpected(PacketError::Replayed);
  cipher.protect({.ssrc = stream->ssrc,
                  .index = *index,
                  .header = buffer.first(*header_bytes),
                  .body = buffer.subspan(*header_bytes, size - *header_bytes),
                  .word = static_cast<std::uint32_t>(*index >> 16)},
                 buffer.data() + size);
  stream->rtp.mark(*index);
  stream.keep();
  return buffer.first(size + cipher.tag_bytes());
}

std::expected<MutableByteView, PacketError> Sender::protect_rtcp(MutableByteView buffer,
                                                                 std::size_t size) {
  if (size < kRtcpHeaderBytes) return std::unexpected(PacketError::TooShort);
  PacketCipher& cipher = ciphers_->rtcp;
  const std::size_t total = size + cipher.tag_bytes() + kRtcpIndexBytes;
  if (buffer.size() < total) return std::unexpected(PacketError::NoRoom);

  StreamOf stream(streams_, load_u32(buffer.data() + 4));
  if (!stream.fits()) return std::unexpected(PacketError::TooManyStreams);
  const std::uint64_t index = stream->rtcp.empty() ? 0 : stream->rtcp.highest() + 1;
  if (index > kMaxRtcpIndex) return std::unexpected(PacketError::KeyExhausted);
  const std::uint32_t word = kEncryptedFlag | static_cast<std::uint32_t>(index);
  // The index stands before the tag, but behind it with AEAD (RFC 7714 9.2).
  const std::size_t tag_at = ciphers_->aead ? size : size + kRtcpIndexBytes;
  cipher.protect({.ssrc = stream->ssrc,
                  .index = index,
                  .header = buffer.first(kRtcpHeaderBytes),
                  .body = buffer.subspan(kRtcpHeaderBytes, size - kRtcpHeaderBytes),
                  .word = word},
                 buffer.data() + tag_at);
  store_u32(buffer.data() + (ciphers_->aead ? size + cipher.tag_bytes() : size), word);
  stream->rtcp.mark(index);
  stream.keep();
  return buffer.first(total);
}

Receiver::Receiver(std::unique_ptr<CipherPair> ciphers) : ciphers_(std::move(ciphers)) {}
Receiver::Receiver(Receiver&&) noexcept = default;
Receiver& Receiver::operator=(Receiver&&) noexcept = default;
Receiver::~Receiver() = default;

Result<Receiver> Receiver::make(Profile profile, ByteView key_and_salt) {
  auto ciphers = make_ciphers(profile, key_and_salt, Direction::Unprotect);
  if (!ciphers) return std::unexpected(ciphers.error());
  return Receiver(std::move(*ciphers));
}

std::expected<MutableByteView, PacketError> Receiver::unprotect_rtp(MutableByteView packet) {
  PacketCipher& cipher = ciphers_->rtp;
  if (packet.size() < cipher.tag_bytes()) return std::unexpected(PacketError::TooShort);
  const std::size_t size = packet.size() - cipher.tag_bytes();
  const auto header_bytes = rtp_header_bytes(packet.first(size));
  if (!header_bytes) return std::unexpected(PacketError::TooShort);

  StreamOf stream(streams_, load_u32(packet.data() + 8));
  if (!stream.fits()) return std::unexpected(PacketError::TooManyStreams);
  const auto index = guess_index(stream->rtp, load_u16(packet.data() + 2));
  if (!index || !stream->rtp.accepts(*index)) return std::unexpected(PacketError::Replayed);
  if (!cipher.unprotect({.ssrc = stream->ssrc,
                         .index = *index,
                         .header = packet.first(*header_bytes),
                         .body = packet.subspan(*header_bytes, size - *header_bytes),
                         .word = static_cast<std::uint32_t>(*index >> 16)},
                        packet.data() + size)) {
    return std::unexpected(PacketError::AuthenticationFailed);
  }
  stream->rtp.mark(*index);
  stream.keep();
  return packet.first(size);
}

std::expected<MutableByteView, PacketError> Receiver::unprotect_rtcp(MutableByteView packet) {
  PacketCipher& cipher = ciphers_->rtcp;
  const std::size_t trailer = cipher.tag_bytes() + kRtcpIndexBytes;
  if (packet.size() < kRtcpHeaderBytes + trailer) return std::unexpected(PacketError::TooShort);
  const std::size_t size = packet.size() - trailer;
  const std::size_t index_at = ciphers_->aead ? size + cipher.tag_bytes() : size;
  const std::size_t tag_at = ciphers_->aead ? size : size + kRtcpIndexBytes;
  const std::uint32_t word = load_u32(packet.data() + index_at);
  const std::uint64_t index = word & ~kEncryptedFlag;

  StreamOf stream(streams_, load_u32(packet.data() + 4));
  if (!stream.fits()) return std::unexpected(PacketError::TooManyStreams);
  if (!stream->rtcp.accepts(index)) return std::unexpected(PacketError::Replayed);
  // Without the E bit the packet is authenticated only (RFC 3711 3.4): all of it is header.
  const std::size_t clear = (word & kEncryptedFlag) != 0 ? kRtcpHeaderBytes : size;
  if (!cipher.unprotect({.ssrc = stream->ssrc,
                         .index = index,
                         .header = packet.first(clear),
                         .body = packet.subspan(clear, size - clear),
                         .word = word},
                        packet.data() + tag_at)) {
    return std::unexpected(PacketError::AuthenticationFailed);
  }
  stream->rtcp.mark(index);
  stream.keep();
  return packet.first(size);
}

}  // namespace offhook::srtp
